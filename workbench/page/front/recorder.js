// Records takes by the camera, one after the other: 3, 2, 1, two seconds. What is kept is given to the place where clips are dropped.
const COUNT = 3, SECOND = 1000, LENGTH = 2000; // milliseconds: of a count, and of a take
const KINDS = ["video/webm;codecs=vp8", "video/webm", "video/mp4"]; // the first that the browser records
const MOST = 40; // takes that wait in the tray: as many as a motion may have
let stream = null, running = null; // running: what the takes that are recorded belong to, until they are stopped

const part = (name) => element.querySelector(`.recorder ${name}`);
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const say = (words) => { part(".hint").textContent = words; };
const HINT = part(".hint").textContent;

function count(words) {
  part(".count").textContent = words;
  part(".count").classList.toggle("now", words === "●");
}

async function open() {
  let camera = null;
  part(".open").disabled = true; // a second click would open it twice
  try {
    camera = await Camera.open(element, (sentence) => { if (stream === camera) close(sentence); });
  } catch (refusal) {
    return say(refusal.message);
  } finally {
    part(".open").disabled = false;
  }
  if (!Camera.inSight(element)) { // left meanwhile
    Camera.release(camera);
    return say(Camera.LEFT);
  }
  stream = camera;
  part("video").srcObject = stream;
  part("video").play().catch(() => {});
  say(HINT);
  show(true);
}

function show(on) {
  for (const name of ["video", ".record", ".close"]) part(name).hidden = !on;
  part(".open").hidden = on;
}

function close(sentence) {
  halt();
  Camera.release(stream);
  stream = part("video").srcObject = null;
  if (sentence) say(sentence);
  show(false);
}

function halt() {
  running = null;
  count("");
  part(".record").textContent = "Record takes";
}

async function record() {
  if (running) return halt();
  const mine = running = {};
  part(".record").textContent = "Stop recording";
  while (running === mine) {
    if (part(".tray").childElementCount >= MOST) {
      say(`${MOST} takes wait: keep or drop some, then record more.`);
      return halt();
    }
    for (let left = COUNT; left > 0 && running === mine; left--) {
      count(left);
      await wait(SECOND);
    }
    if (running === mine) await take(mine);
  }
}

async function take(mine) { // what is stopped in the middle is no take
  const parts = [], kind = KINDS.find((name) => MediaRecorder.isTypeSupported(name));
  const recorder = new MediaRecorder(stream, {mimeType: kind, videoBitsPerSecond: 2_500_000});
  const ended = new Promise((done) => { recorder.onstop = done; });
  recorder.ondataavailable = (event) => parts.push(event.data);
  count("●");
  recorder.start();
  await wait(LENGTH);
  if (recorder.state !== "inactive") recorder.stop(); // as it is when its camera was switched off
  await ended;
  if (running === mine) lay(new Blob(parts, {type: kind}));
}

function lay(blob) { // into the tray, where it plays until it is kept or dropped
  const item = document.createElement("li"), video = document.createElement("video"), number = part(".tray").childElementCount + 1;
  Object.assign(video, {src: URL.createObjectURL(blob), muted: true, loop: true, playsInline: true});
  video.setAttribute("aria-label", `Recorded take ${number}`);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) video.autoplay = true;
  item.append(video, button("Keep", () => keep([item])), button("Drop", () => discard(item)));
  item.blob = blob;
  part(".tray").append(item);
  part(".keep-all").hidden = false;
}

function button(words, act) {
  const made = document.createElement("button");
  Object.assign(made, {type: "button", textContent: words, onclick: act});
  return made;
}

function discard(item) {
  URL.revokeObjectURL(item.querySelector("video").src);
  item.remove();
  part(".keep-all").hidden = !part(".tray").childElementCount;
}

function keep(items) {
  const input = document.querySelector("#clips input[type=file]"), files = new DataTransfer();
  if (!document.querySelector("#motion input:checked")) return say("Name a motion first, then keep its takes.");
  if (!input) return say("One moment: the takes before are still on their way.");
  for (const item of items) {
    const ending = item.blob.type.includes("mp4") ? "mp4" : "webm";
    files.items.add(new File([item.blob], `take ${Date.now()}-${files.items.length}.${ending}`, {type: item.blob.type.split(";")[0]}));
  }
  input.files = files.files;
  input.dispatchEvent(new Event("change", {bubbles: true}));
  items.forEach(discard);
  say(HINT);
}

const acts = {open, close: () => close(), record, "keep-all": () => keep([...part(".tray").children])};
element.addEventListener("click", (event) => {
  for (const [name, act] of Object.entries(acts)) if (event.target.closest(`.${name}`)) act();
});
