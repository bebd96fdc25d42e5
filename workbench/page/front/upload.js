// Files on their way to the page: the box of the video takes every kind, and what is sent shows its share and can be stopped.
const isUpload = (url, options) => options?.method === "POST" && /\/gradio_api\/upload(\?|$)/.test(String(url));
const fetchAsBefore = window.fetch;
window.fetch = (url, options) => isUpload(url, options) ? send(url, options) : fetchAsBefore(url, options);

function send(url, options) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest(), sign = showSending(() => request.abort());
    request.open("POST", url);
    new Headers(options.headers).forEach((value, name) => request.setRequestHeader(name, value));
    request.upload.onprogress = (event) => sign.tell(event.loaded, event.total);
    request.onload = () => resolve(new Response(request.responseText, {status: request.status, statusText: request.statusText}));
    const refuse = (sentence) => resolve(new Response(sentence, {status: 499}));
    request.onerror = () => refuse("The file could not be sent: the page does not answer.");
    request.onabort = () => refuse("The sending was stopped.");
    request.onloadend = sign.remove;
    request.send(options.body);
  });
}

function showSending(stop) { // a line at the lower edge of the page
  const line = document.createElement("div");
  line.id = "sending";
  line.innerHTML = '<label>Sending <progress max="1" value="0"></progress> <output></output></label> <button type="button">Stop</button>';
  line.querySelector("button").addEventListener("click", stop);
  (document.querySelector(".gradio-container") ?? document.body).append(line);
  const tell = (done, whole) => {
    line.querySelector("progress").value = done / whole;
    line.querySelector("output").textContent = Math.floor(100 * done / whole) + " % of " + (whole / 1e6).toFixed(1) + " MB";
  };
  return {tell, remove: () => line.remove()};
}

// Gradio's box for a video takes what the browser knows to be one, while it is empty; all else goes to the button for other files.
const BOX = "#video", OTHERS = "#other-files input[type=file]";
const PLAYED = /\.(mp4|m4v|mov|webm)$/i; // what browsers play; they know of others by their type, but show nothing
const goesElsewhere = (files) => files.length !== 1 || !PLAYED.test(files[0].name) || !document.querySelector(BOX + " input[type=file]");

function passOn(event, files) {
  const others = document.querySelector(OTHERS);
  if (!others || !files?.length || !goesElsewhere(files)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  others.files = files;
  others.dispatchEvent(new Event("change", {bubbles: true}));
}

addEventListener("dragover", (event) => { if (event.target.closest?.(BOX)) event.preventDefault(); }, true);
addEventListener("drop", (event) => { if (event.target.closest?.(BOX)) passOn(event, event.dataTransfer.files); }, true);
addEventListener("change", (event) => { if (event.target.matches?.(BOX + " input[type=file]")) passOn(event, event.target.files); }, true);
addEventListener("click", (event) => { if (event.target.matches?.(BOX + " input[type=file]")) event.target.removeAttribute("accept"); }, true);
