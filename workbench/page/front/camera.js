// The camera, for each part of the page that shows it: a sentence where there is none, and it goes off when nobody sees it.
window.Camera = (() => {
  const WISHES = {video: {width: {ideal: 640}, height: {ideal: 480}, frameRate: {ideal: 30}}, audio: false};
  const REFUSED = {
    NotAllowedError: "The browser did not let this page use the camera. Allow it beside the address of the page, then start again.",
    NotFoundError: "No camera was found. Connect one, then start again.",
    NotReadableError: "The camera is used by another program. Close that, then start again.",
  };
  const NOWHERE = "Browsers give a camera to pages at https or localhost alone: open this page at such an address.";
  const OTHER = "The camera could not be started. Check that it is connected, then start again.";
  const TAKEN = "The camera was taken away. Connect it, then start again.", LEFT = "The camera was switched off as you left.";
  const SECOND = 1000; // milliseconds

  const inSight = (element) => element.isConnected && element.getClientRects().length > 0 && !document.hidden;

  // A stream for an element; stop(sentence) is called when it is taken away, or the element goes out of sight. An error is a sentence.
  async function open(element, stop) {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error(NOWHERE);
    const stream = await navigator.mediaDevices.getUserMedia(WISHES).catch((error) => { throw new Error(REFUSED[error.name] ?? OTHER); });
    stream.getVideoTracks()[0].addEventListener("ended", () => stop(TAKEN));
    const look = () => {
      if (stream.active && inSight(element)) return;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      if (stream.active) stop(LEFT);
    };
    const timer = setInterval(look, SECOND);
    document.addEventListener("visibilitychange", look);
    return stream;
  }

  const release = (stream) => stream?.getTracks().forEach((track) => track.stop());
  return {open, release, inSight, LEFT};
})();
