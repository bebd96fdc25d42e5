// The camera: one picture is sent, and the next one only when that is answered; what lies over it is drawn here.
const SHORT = 240, LONG = 640, QUALITY = 0.8; // pixels of the sides of a picture that is sent, and quality of its JPEG
const PATIENCE = 8000, WAIT = 1000, STEADY = 900; // milliseconds: for an answer, in line, and until words are read aloud
const WINDOW = 15; // answers over which the pace is averaged
let stream = null, number = 0, sent = null, timer = 0, aloud = 0, paces = [];
let fresh = false, idle = false; // whether the camera has a picture that was not sent, and whether one is waited for

const part = (name) => element.querySelector(name);
const video = () => part("video"), canvas = () => part("canvas");
const small = document.createElement("canvas");

function say(name, words) {
  if (part(name).textContent !== words) part(name).textContent = words;
}

function tell(words) { // to those who listen, once it stays so
  clearTimeout(aloud);
  aloud = setTimeout(() => say(".status", words), STEADY);
}

function become(state, sentence) {
  part(".live").dataset.state = state;
  say(".start", state === "off" ? "Start the camera" : "Stop the camera");
  if (state === "on") return;
  canvas().width = canvas().width; // empty: the camera itself is seen
  say(".live-word", "");
  say(".sentence", sentence);
  say(".pace", "");
  tell(sentence);
}

async function start() {
  become("starting", "The browser asks for the camera.");
  let camera = null;
  try {
    camera = await Camera.open(element, (sentence) => { if (stream === camera) stop(sentence); });
  } catch (refusal) {
    return become("off", refusal.message);
  }
  if (part(".live").dataset.state !== "starting") return Camera.release(camera); // stopped meanwhile
  stream = camera;
  video().srcObject = camera;
  await video().play().catch(() => {});
  become("waiting", "The first picture is sent.");
  [paces, idle] = [[], false];
  follow(camera);
  ask();
}

function stop(sentence = "The camera is off; its pictures are forgotten.") {
  clearTimeout(timer);
  if (stream) trigger("leave", {});
  Camera.release(stream);
  stream = sent = null;
  video().srcObject = null;
  become("off", sentence);
}

function grab() { // the picture as the camera sees it, not mirrored
  const [width, height] = [video().videoWidth, video().videoHeight];
  const scale = Math.min(SHORT / Math.min(width, height), LONG / Math.max(width, height), 1);
  [small.width, small.height] = [Math.round(width * scale), Math.round(height * scale)];
  small.getContext("2d").drawImage(video(), 0, 0, small.width, small.height);
  const whole = document.createElement("canvas");
  [whole.width, whole.height] = [width, height];
  whole.getContext("2d").drawImage(video(), 0, 0);
  return {whole, picture: small.toDataURL("image/jpeg", QUALITY).split(",")[1]};
}

function ask() {
  clearTimeout(timer);
  if (!stream || sent) return;
  if (!Camera.inSight(element)) return stop(Camera.LEFT);
  const waits = part(".live").dataset.state === "waiting-in-line";
  if (!waits && !video().videoWidth) return (timer = setTimeout(ask, 50));
  const {whole, picture} = waits ? {} : grab();
  sent = {number: ++number, at: performance.now(), whole};
  [fresh, idle] = [false, false];
  timer = setTimeout(miss, PATIENCE);
  trigger("picture", {number, time: sent.at / 1000, picture: picture ?? null});
}

function miss() {
  sent = null;
  become("waiting", "The page does not answer; it is asked again.");
  ask();
}

function follow(camera) { // each of its pictures, as far as the browser tells
  if (stream !== camera) return;
  video().requestVideoFrameCallback?.(() => {
    fresh = true;
    if (idle) ask();
    follow(camera);
  });
}

function next() { // with a picture that was not sent yet
  idle = true;
  if (fresh) return ask();
  timer = setTimeout(ask, video().requestVideoFrameCallback ? 250 : 33); // a camera that gives fewer, or a page that is not drawn
}

watch("value", () => {
  const answer = props.value;
  if (!stream || !sent || answer?.number !== sent.number) return;
  clearTimeout(timer);
  const {at, whole} = sent;
  sent = null;
  if (answer.error) return stop(answer.error);
  if (answer.place > 0) {
    become("waiting-in-line", answer.sentence);
    return (timer = setTimeout(ask, WAIT));
  }
  if (part(".live").dataset.state !== "on") become("on");
  if (whole && !answer.busy) show(answer, whole, at);
  next();
});

function show(answer, whole, at) {
  say(".live-word", answer.word);
  say(".sentence", answer.word ? `${answer.sentence}. ${answer.note ?? ""}` : `${answer.sentence} ${answer.note ?? ""}`);
  tell(answer.word || answer.sentence);
  draw(answer, whole);
  const now = performance.now();
  paces = [...paces, {now, delay: now - at}].slice(-WINDOW);
  if (paces.length < 2) return;
  const rate = (1000 * (paces.length - 1)) / (now - paces[0].now);
  const delay = paces.map((pace) => pace.delay).sort((a, b) => a - b)[paces.length >> 1];
  const slow = answer.slow ? ` ${answer.slow}` : "";
  say(".pace", `${rate.toFixed(1)} pictures a second, each ${Math.round(delay)} ms old when it is shown.${slow}`);
}

function draw(answer, whole) {
  const target = canvas(), pen = target.getContext("2d");
  if (target.width !== whole.width || target.height !== whole.height) [target.width, target.height] = [whole.width, whole.height];
  target.dataset.arrows = JSON.stringify(mean(answer.arrows ?? []));
  pen.drawImage(whole, 0, 0);
  if (answer.arrows) drawArrows(pen, answer.arrows, target.width, target.height);
  if (!answer.colours) return;
  const layer = new Image();
  layer.onload = () => {
    pen.globalCompositeOperation = "saturation"; // grey beneath the colours
    pen.fillStyle = "#888";
    pen.fillRect(0, 0, target.width, target.height);
    pen.globalCompositeOperation = "source-over";
    pen.drawImage(layer, 0, 0, target.width, target.height);
    drawWheel(pen, target.height);
  };
  layer.src = answer.colours;
}

function drawWheel(pen, height) { // in a corner of the picture, with which it is mirrored
  const side = 0.16 * height, place = height - 1.15 * side;
  pen.save();
  pen.beginPath();
  pen.arc(0.15 * side + side / 2, place + side / 2, side / 2, 0, 7);
  pen.clip();
  pen.drawImage(part(".wheel"), 0.15 * side, place, side, side);
  pen.restore();
}

function mean(arrows) { // of those that are more likely right than wrong, in shares of the frame: where it goes on the whole
  const sure = arrows.filter((arrow) => arrow[4] >= 0.5);
  return [2, 3].map((axis) => sure.reduce((sum, arrow) => sum + arrow[axis], 0) / Math.max(sure.length, 1));
}

function drawArrows(pen, arrows, width, height) {
  const thick = Math.max(1.2, width / 360);
  pen.lineJoin = "round";
  for (const [x, y, dx, dy, strength] of arrows) {
    const along = [dx * width, dy * height], length = Math.hypot(...along);
    pen.globalAlpha = 0.1 + 0.9 * strength;
    pen.beginPath();
    if (length < 1.5 * thick) pen.arc(x * width, y * height, 1.2 * thick, 0, 7);
    else outline(pen, [x * width, y * height], along.map((side) => side / length), length, thick);
    pen.closePath();
    pen.strokeStyle = "rgba(0, 0, 0, 0.75)";
    pen.lineWidth = 1.6 * thick;
    pen.stroke();
    pen.fillStyle = "#fff";
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function outline(pen, [x, y], [ux, uy], length, thick) {
  const head = Math.min(6.5 * thick, 0.65 * length), shaft = 0.75 * thick, barb = Math.max(0.5 * head, 1.2 * thick);
  const corners = [[0, shaft], [length - head, shaft], [length - head, barb], [length, 0], [length - head, -barb], [length - head, -shaft], [0, -shaft]];
  for (const [along, aside] of corners) pen.lineTo(x + along * ux - aside * uy, y + along * uy + aside * ux);
}

element.addEventListener("click", (event) => {
  if (event.target.closest(".start")) (part(".live").dataset.state === "off" ? start() : stop());
});
element.addEventListener("change", (event) => {
  if (event.target.closest(".mirror")) part(".stage").classList.toggle("mirrored", event.target.checked);
});
addEventListener("pagehide", () => { if (stream) stop(); });
