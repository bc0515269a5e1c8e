// Draws every arm's accuracy and speed over the runs that are chosen above, and lists their figures.
const { series, colours } = JSON.parse(document.getElementById("data").textContent);
const WIDTH = 460, HEIGHT = 150, LEFT = 52, RIGHT = 12, TOP = 16, BOTTOM = 24, LABELS = 5;
const machines = [...new Set(series.flatMap((one) => one.points.map((point) => point.machine)))];
const colourOf = (machine) => colours[machines.indexOf(machine) % colours.length];
const form = document.querySelector(".choices");

const made = (name, attributes = {}, ...children) => {
  const svg = ["svg", "g", "path", "line", "circle", "text", "title"].includes(name);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  node.append(...children);
  return node;
};
const ends = ([middle, low, high]) => [low ?? middle, high ?? middle];
const digits = (value, kind) => value.toFixed(kind === "accuracy" ? 2 : 3);
const written = (value, kind) => {
  if (!value) return "–";
  const [middle, low, high] = value;
  return digits(middle, kind) + (low === null ? "" : ` [${digits(low, kind)}, ${digits(high, kind)}]`);
};

const chart = (points, kind, title, places) => {
  const known = points.filter((point) => point[kind]);
  const figure = made("figure");
  if (!known.length) return figure;
  const values = known.flatMap((point) => ends(point[kind]));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = (most - least || Math.abs(most) * 0.01 || 1) * 0.1;
  const x = (point) => LEFT + ((places.indexOf(point.place) + 0.5) * (WIDTH - LEFT - RIGHT)) / places.length;
  const y = (value) => TOP + ((most + room - value) * (HEIGHT - TOP - BOTTOM)) / (most - least + 2 * room);
  const svg = made("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title });
  svg.append(made("text", { x: LEFT, y: 10 }, title));
  for (const value of [least, (least + most) / 2, most]) {
    svg.append(made("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }));
    svg.append(made("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, digits(value, kind)));
    if (least === most) break;
  }
  const every = Math.ceil(places.length / LABELS);
  known.forEach((point) => {
    if (places.indexOf(point.place) % every) return;
    svg.append(made("text", { x: x(point), y: HEIGHT - 8, "text-anchor": "middle" }, point.name));
  });
  machines.forEach((machine) => {
    const colour = colourOf(machine);
    const own = known.filter((point) => point.machine === machine);
    const line = own.map((point, place) => `${place ? "L" : "M"}${x(point)} ${y(point[kind][0])}`).join("");
    svg.append(made("path", { class: "path", d: line, stroke: colour }));
    own.forEach((point) => {
      const [low, high] = ends(point[kind]);
      const step = point.steps[kind];
      const about = `${point.run}: ${written(point[kind], kind)}, n = ${point.n}; ${point.finished} UTC, ${point.commit}, ${point.version}, ${point.machine}`;
      const group = made("g", { class: "mark" }, made("title", {}, step ? `${about}\n${step[1]}` : about));
      group.append(made("line", { x1: x(point), x2: x(point), y1: y(low), y2: y(high), stroke: colour }));
      group.append(made("circle", { cx: x(point), cy: y(point[kind][0]), r: 4, fill: colour }));
      if (step) {
        const up = step[0] === "up";
        const at = up ? y(high) - 5 : y(low) + 13;
        group.append(made("text", { class: step[0], style: `fill: var(${up ? "--better" : "--worse"})`, x: x(point), y: at, "text-anchor": "middle" }, up ? "▲" : "▼"));
      }
      svg.append(group);
    });
  });
  figure.append(svg);
  return figure;
};

const show = () => {
  const { study, machine, version, arm } = Object.fromEntries(new FormData(form));
  const letters = arm.trim().toLowerCase();
  const kept = series
    .filter((one) => (!study || one.study === study) && `${one.arm} ${one.label}`.toLowerCase().includes(letters))
    .map((one) => ({
      ...one,
      points: one.points.filter((point) => (!machine || point.machine === machine) && (!version || point.version === version)),
    }))
    .filter((one) => one.points.length);
  const places = [...new Set(kept.flatMap((one) => one.points.map((point) => point.place)))].sort((a, b) => a - b);
  const charts = document.getElementById("charts");
  const rows = document.querySelector("#figures tbody");
  charts.replaceChildren();
  rows.replaceChildren();
  for (const name of new Set(kept.map((one) => one.study))) {
    const group = made("section", { class: "charts" });
    for (const one of kept.filter((other) => other.study === name)) {
      group.append(made("h4", {}, one.label));
      group.append(chart(one.points, "accuracy", "accuracy, %", places));
      group.append(chart(one.points, "speed", "speed, first arm = 1", places));
      for (const point of one.points) {
        const cells = [one.arm, point.run, point.finished, point.commit, point.version, point.machine, point.n];
        const figures = [written(point.accuracy, "accuracy"), written(point.speed, "speed"), point.milliseconds ?? "–"];
        const words = [...cells, ...figures].map((cell) => made("td", {}, String(cell)));
        rows.append(made("tr", {}, made("th", { scope: "row" }, one.study), ...words));
      }
    }
    charts.append(made("h3", {}, name), group);
  }
  document.getElementById("count").textContent = `${kept.length} of ${series.length} arms, ${places.length} runs shown`;
};
document.getElementById("machines").replaceChildren(
  ...machines.map((machine) => made("li", {}, made("span", { style: `color: ${colourOf(machine)}` }, "● "), machine)),
);
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
show();
