"use strict";
// The page talks to the same protocol as everybody else: raw pixels to /infer, files to /classify.

const PEN = 22, DIGITS = "0,1,2,3,4,5,6,7,8,9";
const pad = document.getElementById("pad");
const ink = pad.getContext("2d", { willReadFrequently: true });
const message = document.getElementById("message");
const answers = document.getElementById("answers");
const given = document.getElementById("shown");
const wide = document.getElementById("wide"), hint = document.getElementById("hint");
const chosen = document.getElementById("dataset");
const tool = document.getElementById("tool"), access = document.getElementById("access");
const field = document.getElementById("token"), enter = document.getElementById("enter"), refusal = document.getElementById("refusal");
const said = document.getElementById("said");
const UNLIKE = "This picture is unlike the images that the nets were trained on: whatever they say of it means little.";
const vote = document.getElementById("vote"), examples = document.getElementById("examples");
const KEPT = "convbench.token", CHANCE = "no better than guessing on its test images";
let models = [], drawing = false, last = null, penDown = false, pen = { x: 140, y: 140 }, pending = 0, token = kept();

const percent = (share, digits = 1) => (100 * share).toFixed(digits);
const known = (value, text) => (value === null || value === undefined ? "not told" : text(value));
const between = (model, digits) => known(model.test_accuracy_interval, ([low, high]) => `${percent(low, digits)} to ${percent(high, digits)}`);
const atChance = (model) => model.test_accuracy_interval?.[0] <= 1 / model.labels.length;
const ofDataset = () => models.filter((model) => model.dataset === chosen.value);

function element(kind, text, attributes = {}) {
  const made = document.createElement(kind);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// The token stays in this tab: sessionStorage goes with it. A browser that stores nothing asks at every load.
function kept() {
  try { return sessionStorage.getItem(KEPT) ?? ""; } catch { return ""; }
}

function keep(given) {
  token = given;
  try {
    if (token) sessionStorage.setItem(KEPT, token); else sessionStorage.removeItem(KEPT);
  } catch { /* it stores nothing */ }
}

class Refused extends Error {} // by a server that wants a token, or another

// Every request goes this way. A header carries bytes: the token's are those of UTF-8, as the server compares them.
async function request(path, options = {}) {
  const bearer = token && { Authorization: `Bearer ${String.fromCharCode(...new TextEncoder().encode(token))}` };
  const reply = await fetch(path, { ...options, headers: { ...options.headers, ...bearer } }).catch(() => {
    throw new Error("The server does not answer: it was stopped, or the connection to it is lost. Try again when it is back.");
  });
  if (reply.ok) return reply;
  const { error } = await reply.json().catch(() => ({ error: `${reply.status} ${reply.statusText}` }));
  throw reply.status === 401 ? new Refused(error) : new Error(error);
}

// Nothing was refused yet where nobody was asked.
function askToken(error) {
  const first = access.hidden && !token;
  keep("");
  pending++;
  tool.hidden = true;
  access.hidden = false;
  refusal.textContent = first ? "" : `The token was refused: ${error}`;
  field.setAttribute("aria-invalid", String(!first));
  field.focus();
  field.select();
}

async function begin() {
  enter.disabled = true;
  try {
    await load();
  } catch (error) {
    if (error instanceof Refused) { askToken(error.message); return; }
    tool.hidden = !access.hidden;
    (access.hidden ? message : refusal).textContent = `The models could not be listed. ${error.message}`;
  } finally {
    enter.disabled = false;
  }
}

async function load() {
  models = await (await request("models")).json();
  const asked = !access.hidden;
  keep(token);
  field.value = "";
  access.hidden = true;
  tool.hidden = false;
  chosen.replaceChildren(...[...new Set(models.map((model) => model.dataset))].map((name) => element("option", name)));
  if (asked) chosen.focus();
  const body = document.querySelector("#models tbody");
  body.replaceChildren();
  for (const dataset of new Set(models.map((model) => model.dataset))) {
    const group = element("tr");
    group.append(element("th", known(dataset, String), { colspan: 6, scope: "rowgroup" }));
    body.append(group, ...models.filter((model) => model.dataset === dataset).map(row));
  }
  setUp();
}

function row(model) {
  const made = element("tr", undefined, { "data-model": model.name });
  made.append(element("td", model.name), element("td", model.version));
  for (const text of [known(model.test_accuracy, (share) => percent(share, 2)), between(model, 2),
    known(model.parameters, (count) => count.toLocaleString("en")), (model.size / 1e3).toFixed(0)])
    made.append(element("td", text, { class: "number" }));
  if (Array.isArray(model.standing?.arms)) made.cells[0].append(standing(model.standing));
  if (atChance(model)) made.cells[0].append(element("div", CHANCE, { class: "small" }));
  return made;
}

// The table of the model's study, by mean accuracy over seeds: one trial of an arm was exported.
function standing({ study, question, arm, arms }) {
  const place = arms.findIndex((one) => one.arm === arm) + 1;
  const made = element("details", undefined, { class: "small" });
  const list = element("ol");
  for (const one of arms) {
    const ends = one.interval ? ` [${one.interval.map((end) => percent(end, 2)).join(", ")}]` : "";
    list.append(element(one.arm === arm ? "strong" : "span", `${one.label}: ${percent(one.accuracy, 2)}${ends} %, n = ${one.seeds}`));
  }
  list.replaceChildren(...[...list.children].map((line) => { const item = element("li"); item.append(line); return item; }));
  made.append(element("summary", `${place} of ${arms.length} arms in ${study}`), element("div", question), list);
  return made;
}

// The server's own figure: all nets are asked at once, so that a reply waits for the others'.
async function ask(model, send) {
  const reply = await send(model);
  const run = /run;dur=([\d.]+)/.exec(reply.headers.get("server-timing") ?? "");
  return { reply, took: run ? Number(run[1]) : NaN };
}

async function sendPixels(model, pixels) {
  const { reply, took } = await ask(model, () => request(`v2/models/${model.name}/infer`, {
    method: "POST", body: pixels, headers: { "Inference-Header-Content-Length": "0", "Content-Type": "application/octet-stream" },
  }));
  const length = Number(reply.headers.get("Inference-Header-Content-Length"));
  const content = await reply.arrayBuffer();
  const head = JSON.parse(new TextDecoder().decode(content.slice(0, length)));
  let offset = length;
  for (const output of head.outputs) {
    const size = output.parameters.binary_data_size;
    if (output.name === "probabilities") {
      const shares = Array.from(new Float32Array(content.slice(offset, offset + size)));
      return { took, labels: model.labels.map((label, place) => ({ label, probability: shares[place] })) };
    }
    offset += size;
  }
  throw new Error(`${model.name} gave no probabilities`);
}

async function sendFile(model, file) {
  const { reply, took } = await ask(model, () => request(`v2/models/${model.name}/classify`, {
    method: "POST", body: file, headers: { "Content-Type": file.type || "application/octet-stream" },
  }));
  const [found] = (await reply.json()).predictions;
  return { took, labels: found.labels, unlike: found.unlike, note: found.inverted ? "dark on light: inverted" : "" };
}

// The last question wins: answers to an earlier one are dropped.
async function askAll(send) {
  const mine = ++pending;
  const found = await Promise.allSettled(ofDataset().map(async (model) => ({ model, ...(await send(model)) })));
  if (mine !== pending) return;
  const failures = found.filter((each) => each.status === "rejected").map((each) => each.reason);
  const refused = failures.find((error) => error instanceof Refused);
  if (refused) { askToken(refused.message); return; }
  message.textContent = failures.length ? failures[0].message : "";
  const told = found.filter((each) => each.status === "fulfilled").map((each) => each.value);
  told.sort((one, other) => atChance(one.model) - atChance(other.model));
  answers.replaceChildren(...told.map(shown));
  vote.textContent = [voted(told), told.some((one) => one.unlike) ? UNLIKE : ""].filter(Boolean).join(" ");
  if (answers.getBoundingClientRect().top > 0.7 * window.innerHeight) said.scrollIntoView({ behavior: "smooth" });
}

// What most nets say, of those that are better than guessing.
function voted(told) {
  const votes = new Map();
  const worth = told.filter((one) => !atChance(one.model));
  for (const { labels } of worth) votes.set(best(labels)[0].label, (votes.get(best(labels)[0].label) ?? 0) + 1);
  const [first] = [...votes].sort(([, one], [, other]) => other - one);
  return worth.length > 1 ? `${first[1]} of ${worth.length} nets say ${first[0]}.` : "";
}

const best = (labels) => [...labels].sort((one, other) => other.probability - one.probability).slice(0, 3);

function shown({ model, took, labels, note }) {
  const first = best(labels);
  const card = element("article", undefined, { "data-model": model.name, "data-answer": first[0].label });
  card.append(element("h3", model.name), element("div", first[0].label, { class: "said" }));
  if (atChance(model)) card.append(element("div", CHANCE, { class: "small" }));
  for (const { label, probability } of first) {
    const row = element("div", undefined, { class: "bar", role: "img", "aria-label": `${label}: ${percent(probability)} %` });
    const track = element("div"), bar = element("i");
    bar.style.width = `${percent(probability)}%`;
    track.append(bar);
    row.append(element("span", label), track, element("span", `${percent(probability)} %`));
    card.append(row);
  }
  const facts = [Number.isNaN(took) ? "" : `${took.toFixed(1)} ms`, `${known(model.test_accuracy, (share) => percent(share, 2))} % right of its test images (${between(model, 1)})`,
    `${(model.size / 1e3).toFixed(0)} kB`, note].filter(Boolean);
  card.append(element("div", facts.join(" · "), { class: "small" }));
  return card;
}

function readDrawing() {
  const pixels = centred(ink);
  if (pixels) askAll((model) => sendPixels(model, pixels));
}

function readFile(file) {
  clear();
  given.replaceChildren(preview(file, ofDataset()[0]));
  askAll((model) => sendFile(model, file));
}

function clear() {
  pending++;
  ink.clearRect(0, 0, pad.width, pad.height);
  answers.replaceChildren();
  given.replaceChildren();
  message.textContent = vote.textContent = "";
  last = null;
}

function line(from, to) {
  ink.strokeStyle = ink.fillStyle = "#fff";
  ink.lineWidth = PEN; ink.lineCap = ink.lineJoin = "round";
  ink.beginPath(); ink.moveTo(from.x, from.y); ink.lineTo(to.x + 0.01, to.y); ink.stroke();
}

function place(event) {
  const box = pad.getBoundingClientRect();
  return { x: (event.clientX - box.left) * pad.width / box.width, y: (event.clientY - box.top) * pad.height / box.height };
}

function setUp() {
  const [model] = ofDataset();
  const drawable = Boolean(model) && model.shape.join() === `1,${SIDE},${SIDE}` && model.labels.join() === DIGITS;
  pad.parentElement.hidden = !drawable;
  document.getElementById("task").textContent = `${drawable ? "Draw a digit or drop" : "Drop"} a picture: every net of that data set answers, with its probabilities and its accuracy.`;
  examples.replaceChildren(...(model?.examples ?? []).map((pixels) => example(pixels, model.shape)));
  examples.parentElement.hidden = !examples.childElementCount;
  document.getElementById("fitted").textContent = fitOf(model)[1];
  clear();
}

pad.addEventListener("pointerdown", (event) => {
  pad.setPointerCapture(event.pointerId); drawing = true; last = place(event); line(last, last);
});
pad.addEventListener("pointermove", (event) => {
  if (!drawing) return;
  const next = place(event); line(last, next); last = next;
});
pad.addEventListener("pointerup", () => { drawing = false; readDrawing(); });
pad.addEventListener("pointercancel", () => { drawing = false; });
pad.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] }[event.key];
  if (step) {
    const next = { x: Math.min(270, Math.max(10, pen.x + step[0])), y: Math.min(270, Math.max(10, pen.y + step[1])) };
    if (penDown) { line(pen, next); readDrawing(); }
    pen = next;
  } else if (event.key === " ") {
    penDown = !penDown;
    if (penDown) { line(pen, pen); readDrawing(); }
  } else if (event.key === "Delete") { clear(); } else { return; }
  event.preventDefault();
});
document.getElementById("clear").addEventListener("click", clear);
chosen.addEventListener("change", setUp);
const drop = document.getElementById("drop"), file = document.getElementById("file");
file.addEventListener("change", () => { if (file.files[0]) readFile(file.files[0]); file.value = ""; });
for (const kind of ["dragover", "dragleave", "drop"])
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files[0]) readFile(event.dataTransfer.files[0]);
  });
// A table that is cut off says so, and can be scrolled with the keyboard.
const watch = new ResizeObserver(() => {
  hint.hidden = wide.scrollWidth <= wide.clientWidth;
  if (hint.hidden) wide.removeAttribute("tabindex"); else wide.tabIndex = 0;
});
for (const each of [wide, document.getElementById("models")]) watch.observe(each);
access.addEventListener("submit", (event) => {
  event.preventDefault();
  refusal.textContent = "";
  token = field.value.trim();
  begin();
});
begin();
