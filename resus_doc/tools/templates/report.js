// The page is whole without this. It lights up what a sentence rests on, seeks the recording, zooms the timeline and draws the
// window probabilities behind an event. Text is set as text, never as markup.
(function () {
  const data = JSON.parse(document.getElementById("case-data").textContent);
  const one = (selector) => document.querySelector(selector);
  const SVG = "http://www.w3.org/2000/svg";

  function make(name, attributes, text) {
    const node = name.startsWith("svg:") ? document.createElementNS(SVG, name.slice(4)) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function clock(seconds, tenths) {
    const whole = tenths ? Math.round(Math.abs(seconds) * 10) / 10 : Math.floor(Math.abs(seconds) + 0.5);
    const rest = (whole % 60).toFixed(tenths ? 1 : 0);
    return (seconds < 0 && whole ? "-" : "") + Math.floor(whole / 60) + ":" + (rest.length < (tenths ? 4 : 2) ? "0" : "") + rest;
  }

  // --- what rests on what

  const byId = new Map();
  for (const node of document.querySelectorAll("[data-ref]")) {
    const id = node.dataset.ref;
    if (!byId.has(id)) byId.set(id, []);
    byId.get(id).push(node);
  }

  function referred(node) {
    for (let at = node; at && at.dataset; at = at.parentElement) {
      if (at.dataset.ref) return [at.dataset.ref].concat((at.dataset.refs || "").split(" "));
      if (at.dataset.refs) return at.dataset.refs.split(" ");
    }
    return [];
  }

  let lit = [];
  function light(ids) {
    for (const node of lit) node.classList.remove("lit");
    lit = ids.flatMap((id) => byId.get(id) || []);
    for (const node of lit) node.classList.add("lit");
  }

  function firstEvent(ids) {
    for (const id of ids) {
      if (data.events[id]) return id;
      if (data.measures[id]) return data.measures[id][0];
    }
    return null;
  }

  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      if (event.target instanceof Element) light(referred(event.target));
    });
  }

  function open() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  }
  window.addEventListener("hashchange", open);
  if (location.hash) open();

  // --- the recording

  const player = one(".player");
  const video = one(".player video");
  const head = one(".head");
  let there = Boolean(video);
  let used = false;
  let inView = true;

  function dock() {
    const away = there && used && !inView;
    if (away) player.parentElement.style.minHeight = player.parentElement.offsetHeight + "px";
    player.classList.toggle("docked", away);
    if (!away) player.parentElement.style.minHeight = "";
  }

  // A case may have several recordings on one clock; the player holds one of them. Between them nothing was recorded: a moment
  // there shows the beginning of the next one. A moment that is asked for before the recording can be sought is kept until then.
  const recordings = data.recordings;
  let held = 0;
  let wanted = null;
  const begun = () => (recordings.length ? recordings[held].s : 0);
  const now = () => (wanted ? wanted.seconds : begun() + video.currentTime);

  function lose() {
    const gone = one(".gone");
    wanted = null;
    if (recordings.length) {
      recordings[held].lost = true;
      const names = recordings.filter((each) => each.lost).map((each) => decodeURIComponent(each.src));
      gone.textContent = say("some_gone", names.join(", "));
    }
    gone.hidden = false;
    there = recordings.some((each) => !each.lost);
    player.hidden = !there;
    if (head && !there) head.hidden = true;
  }

  function go(number, seconds, playing) {
    wanted = { seconds, playing };
    if (number !== held) {
      held = number;
      video.src = recordings[held].src;
    }
    if (video.readyState > 0) arrive();
  }

  function arrive() {
    if (!video.videoWidth) { lose(); return; }  // of a codec that the browser lacks it plays the sound alone, on black
    if (!wanted) return;
    const { seconds, playing } = wanted;
    wanted = null;
    video.currentTime = Math.min(Math.max(0, seconds - begun()), Number.isFinite(video.duration) ? video.duration : Infinity);
    if (playing) video.play();
  }

  function seek(seconds) {
    if (!there) return false;
    const later = recordings.findIndex((each) => seconds < each.e);
    const number = recordings.length && later < 0 ? recordings.length - 1 : Math.max(0, later);
    if (recordings.length && recordings[number].lost) return false;
    used = true;
    dock();
    go(number, seconds, wanted ? wanted.playing : !video.paused);
    return true;
  }

  function tell() {
    one(".now").textContent = say("at", clock(now() - data.zero_s, true), data.zero_name);
    place(head, now());
  }

  if (video) {
    video.addEventListener("error", lose);
    if (video.error) lose();
    video.addEventListener("loadedmetadata", arrive);
    for (const kind of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(kind, tell);
    video.addEventListener("play", () => { used = true; });
    video.addEventListener("ended", () => { if (held + 1 < recordings.length) go(held + 1, recordings[held + 1].s, true); });
    new IntersectionObserver((entries) => {
      inView = entries[entries.length - 1].isIntersecting;
      dock();
    }).observe(one(".watch"));
    one(".undock").addEventListener("click", () => {
      used = false;
      dock();
      one("#timeline").focus();
    });
  }

  // --- the timeline

  const scroller = one(".scroller");
  const lanes = one(".lanes");
  const bars = [...document.querySelectorAll(".lanes a.event")];
  const axis = lanes && { start: +lanes.dataset.start, end: +lanes.dataset.end, zero: +lanes.dataset.zero };
  const length = axis ? axis.end - axis.start : 0;
  const most = Math.max(1, Math.min(160, length / 8));
  let zoom = 1;

  function place(mark, seconds) {
    if (!mark || length <= 0) return;
    mark.hidden = seconds < axis.start || seconds > axis.end;
    mark.style.left = (100 * (seconds - axis.start)) / length + "%";
  }

  function timeAt(x) {
    const box = one(".over").getBoundingClientRect();
    return axis.start + (length * (x - box.left)) / box.width;
  }

  const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200];
  const plainAxis = lanes && lanes.querySelector(".lane.axis .plot").cloneNode(true);

  function drawTicks() {
    const plot = lanes.querySelector(".lane.axis .plot");
    if (zoom === 1) {
      plot.replaceChildren(...plainAxis.cloneNode(true).childNodes);
      return;
    }
    const px = one(".over").getBoundingClientRect().width / length;
    const step = STEPS.find((each) => each * px >= 70) || 7200;
    const marks = [];
    for (let t = Math.ceil((axis.start - axis.zero) / step) * step; axis.zero + t <= axis.end; t += step) {
      const at = (100 * (axis.zero + t - axis.start)) / length + "%";
      marks.push(make("svg:line", { class: "tick", x1: at, x2: at, y1: 0, y2: 5 }));
      marks.push(make("svg:text", { x: at, y: 18, "text-anchor": "middle" }, clock(t)));
    }
    plot.replaceChildren(...marks);
  }

  function setZoom(wanted, keep) {
    const middle = scroller.getBoundingClientRect().left + scroller.clientWidth / 2;
    const x = keep === undefined ? middle : keep;
    const seconds = timeAt(x);
    zoom = Math.min(most, Math.max(1, wanted));
    lanes.style.setProperty("--zoom", zoom);
    drawTicks();
    const box = one(".over").getBoundingClientRect();
    scroller.scrollLeft += box.left + (box.width * (seconds - axis.start)) / length - x;
  }

  function zoomBy(step) {
    setZoom(step === 0 ? 1 : zoom * (step > 0 ? 1.6 : 1 / 1.6));
  }

  function show(bar) {
    const names = lanes.querySelector(".name").getBoundingClientRect();
    const box = bar.getBoundingClientRect();
    const view = scroller.getBoundingClientRect();
    const left = names.width < view.width / 2 ? names.right : view.left;
    if (box.left < left || box.left > view.right - 20) scroller.scrollLeft += box.left - left - 40;
  }

  function roving(chosen) {
    for (const bar of bars) bar.setAttribute("tabindex", bar === chosen ? "0" : "-1");
  }

  const inTime = bars.slice().sort((a, b) => data.events[a.dataset.ref].s - data.events[b.dataset.ref].s);

  function step(direction) {
    const now = inTime.indexOf(document.activeElement.closest("a.event"));
    const next = inTime[now < 0 ? 0 : Math.min(inTime.length - 1, Math.max(0, now + direction))];
    if (!next) return;
    roving(next);
    next.focus({ preventScroll: true });
    show(next);
  }

  // --- the chosen event

  const detail = one(".detail");
  let origin = null;
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  function around(event) {
    const curves = data.curves;
    const series = curves && curves.series[event.a];
    if (!series) return [];
    const margin = Math.max(5, Math.min(20, event.e - event.s));
    const found = [];
    for (let i = 0; 2 * i < series.length; i += 1) {
      const start = curves.first_s + i * curves.stride_s;
      if (start + curves.window_s < event.s - margin || start > event.e + margin) continue;
      const value = LETTERS.indexOf(series[2 * i]) * 64 + LETTERS.indexOf(series[2 * i + 1]);
      found.push({ start, middle: start + curves.window_s / 2, value: value / 4095 });
    }
    return found;
  }

  function curve(event, windows) {
    const first = windows[0].middle;
    const span = Math.max(1e-6, windows[windows.length - 1].middle - first);
    const x = (t) => (100 * Math.min(1, Math.max(0, (t - first) / span))).toFixed(2);
    const highest = Math.max(...windows.map((w) => w.value));
    const label = say("curve", event.name, highest.toFixed(2));
    const svg = make("svg:svg", { class: "curve", viewBox: "0 0 100 50", preserveAspectRatio: "none", role: "img", "aria-label": label });
    svg.append(make("svg:rect", { class: "span", x: x(event.s), width: Math.max(0, x(event.e) - x(event.s)), y: 0, height: 50 }));
    svg.append(make("svg:line", { class: "frame", x1: 0, x2: 100, y1: 49.5, y2: 49.5 }), make("svg:line", { class: "grid", x1: 0, x2: 100, y1: 25, y2: 25 }));
    svg.append(make("svg:polyline", { class: "line", points: windows.map((w) => x(w.middle) + "," + (48 - 46 * w.value).toFixed(2)).join(" ") }));
    return svg;
  }

  function table(windows) {
    const rows = make("tbody");
    for (const w of windows) {
      const row = make("tr");
      row.append(make("td", { class: "num" }, clock(w.start - data.zero_s, true)), make("td", { class: "num" }, w.value.toFixed(2)));
      rows.append(row);
    }
    const header = make("tr");
    header.append(make("th", { scope: "col", class: "num" }, say("window_from")), make("th", { scope: "col", class: "num" }, say("probability")));
    const top = make("thead");
    top.append(header);
    const whole = make("table");
    whole.append(top, rows);
    const tall = make("div", { class: "tall", tabindex: "0", role: "region", "aria-label": say("window_probabilities") });
    tall.append(whole);
    const box = make("details");
    box.append(make("summary", {}, say("as_numbers", windows.length)), tall);
    return box;
  }

  function choose(id) {
    const event = data.events[id];
    const windows = around(event);
    const parts = [
      make("h3", {}, id + " · " + event.name),
      make("p", {}, say("when", event.when, data.zero_name, event.long)),
      make("p", { class: "quiet" }, say("source", event.source, event.sure)),
    ];
    if (windows.length) {
      parts.push(curve(event, windows));
      parts.push(make("p", { class: "quiet" }, say("curve_note", clock(windows[0].middle - data.zero_s), clock(windows[windows.length - 1].middle - data.zero_s))));
      parts.push(table(windows));
    } else parts.push(make("p", { class: "quiet" }, say("no_probabilities")));
    detail.replaceChildren(...parts);
    detail.hidden = false;
    for (const bar of bars) bar.classList.toggle("chosen", bar.dataset.ref === id);
    seek(event.s);
  }

  function close() {
    light([]);
    if (!detail || detail.hidden) return;
    detail.hidden = true;
    for (const bar of bars) bar.classList.remove("chosen");
    if (origin) origin.focus();
  }

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || event.target.closest("button, summary, video, .detail")) return;
    const bar = event.target.closest("a.event");
    if (bar) {
      event.preventDefault();
      origin = bar;
      if (bar.closest(".lanes")) roving(bar);
      choose(bar.dataset.ref);
      return;
    }
    const plot = event.target.closest(".lanes .plot");
    if (plot) {
      seek(timeAt(event.clientX));
      return;
    }
    const ids = referred(event.target);
    const id = firstEvent(ids);
    const link = event.target.closest("a");
    if (id && seek(data.events[id].s) && link && data.events[link.dataset.ref]) {
      event.preventDefault();
      light(ids);
    }
  });

  const KEYS = {
    ArrowRight: () => step(1), ArrowLeft: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1),
    "+": () => zoomBy(1), "=": () => zoomBy(1), "-": () => zoomBy(-1), 0: () => zoomBy(0),
    k: () => video && (video.paused ? video.play() : video.pause()),
    j: () => video && seek(now() - 5), l: () => video && seek(now() + 5),
    ",": () => video && seek(now() - 0.1), ".": () => video && seek(now() + 0.1),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    const at = event.target;
    if (!(at instanceof Element) || event.ctrlKey || event.metaKey || event.altKey) return;
    const inside = at.closest(".lanes, .player");
    if (!inside || !KEYS[event.key] || (at === video && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  if (lanes) {
    one(".tools").hidden = false;
    roving(inTime[0]);
    for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoomBy(+button.dataset.zoom));
    scroller.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      setZoom(zoom * (event.deltaY < 0 ? 1.25 : 0.8), event.clientX);
    }, { passive: false });
    const hair = one(".hair");
    lanes.addEventListener("pointermove", (event) => {
      const t = timeAt(event.clientX);
      place(hair, t);
      hair.firstElementChild.textContent = clock(t - axis.zero, zoom > 4);
    });
    lanes.addEventListener("pointerleave", () => { hair.hidden = true; });
  }
})();
