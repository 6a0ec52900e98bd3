// The page of a review: draws the draft, plays the recording, listens to keys and pointer. Text is set as text, never as markup.
(function () {
  const one = (selector) => document.querySelector(selector);
  const SVG = "http://www.w3.org/2000/svg";
  const draft = new Draft(JSON.parse(one("#case-data").textContent));
  const ACTIVITIES = [...one("[name=activity]").options].map((option) => option.value);
  const bench = one(".bench");
  const lanes = one(".lanes");
  const scroller = one(".scroller");
  const video = one("video");
  const dialog = one("dialog");
  let chosen = null;
  let edge = "s";
  let zoom = 1;
  let adding = false;
  let ending = false;
  let ended = false;
  let saving = false;
  let at = 0; // the playhead where there is no recording

  function make(name, attributes, ...inside) {
    const node = name.startsWith("svg:") ? document.createElementNS(SVG, name.slice(4)) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    node.append(...inside);
    return node;
  }

  const state = () => draft.state;
  const zero = () => (draft.now.birth ? draft.now.birth.t_s : state().zero.source === "given" ? 0 : state().zero.t_s);
  const zeroName = () => (draft.now.birth ? say("birth") : state().zero.source === "given" ? say("video_start") : state().zero.name);
  const start = () => (zero() < 0 && -zero() <= Math.max(60, state().duration_s / 2) ? zero() : 0);
  const length = () => Math.max(0.001, state().duration_s - start());
  const place = (seconds) => (100 * (Math.min(Math.max(seconds, start()), state().duration_s) - start())) / length();
  const name = (activity) => state().names[activity];
  const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

  function clock(seconds, digits) {
    const size = (Math.round(Math.abs(seconds) * 10 ** digits) / 10 ** digits);
    const rest = (size % 60).toFixed(digits);
    return (seconds < 0 && size ? "-" : "") + Math.floor(size / 60) + ":" + (rest.length < (digits ? 3 + digits : 2) ? "0" : "") + rest;
  }

  const since = (seconds) => clock(seconds - zero(), 1);

  function tell(text, alert) {
    if (alert) {
      one(".message p").textContent = text;
      one(".message").hidden = false;
    }
    one(".say").textContent = "";
    one(".say").textContent = text;
  }

  // --- the recording

  let there = Boolean(video);
  let until = null;

  function lose() {
    there = false;
    video.hidden = true;
    one(".gone").hidden = false;
  }

  function now() { return there ? video.currentTime : at; }

  function seek(seconds) {
    at = Math.min(Math.max(0, seconds), state().duration_s);
    until = null;
    if (there) { video.pause(); video.currentTime = at; }
    playhead();
  }

  function playhead() {
    const head = one(".head");
    head.style.left = place(now()) + "%";
    one(".clock").textContent = say("at", since(now()), zeroName());
  }

  function play(from, to) {
    if (!there) { tell(say("no_recording")); return; }
    if (from !== undefined) video.currentTime = Math.max(0, from);
    until = to === undefined ? null : to;
    video.play().catch((error) => { if (error.name !== "AbortError") lose(); });
    requestAnimationFrame(watch);
  }

  function watch() {
    playhead();
    if (until !== null && video.currentTime >= until) { video.pause(); until = null; }
    if (!video.paused) requestAnimationFrame(watch);
  }

  if (video) {
    video.addEventListener("error", lose);
    if (video.error) lose();
    // Of a codec that the browser lacks it plays the sound alone, on black.
    video.addEventListener("loadedmetadata", () => { if (!video.videoWidth) lose(); });
    for (const kind of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(kind, playhead);
  }

  // --- drawing

  function mark(event) {
    const known = draft.original.get(event.id);
    const same = known && known.a === event.a && known.s === event.s && known.e === event.e;
    return { known, same, candidate: state().out_of_domain && !event.ok };
  }

  function label(event) {
    const { candidate } = mark(event);
    const standing = candidate ? say("candidate") : event.ok ? say("confirmed") : say("not_confirmed");
    return say("label", event.id, name(event.a), since(event.s), since(event.e), standing);
  }

  function bar(event) {
    const { known, same, candidate } = mark(event);
    const group = make("svg:g", { class: "event" + (event.ok ? " ok" : "") + (candidate ? " candidate" : ""), id: "bar-" + event.id, role: "img", "aria-label": label(event), "data-id": event.id });
    const box = (from, to, attributes) => make("svg:rect", { x: place(from) + "%", width: Math.max(0, place(to) - place(from)) + "%", ...attributes });
    const middle = (event.s + event.e) / 2;
    const range = (which) => (same || (known && known[which] === event[which]) ? known[which + "_range"] : [event[which], event[which]]);
    const [s0, s1] = range("s");
    const [e0, e1] = range("e");
    const full = Math.min(Math.max(s1, event.s), middle);
    const fading = Math.max(Math.min(e0, event.e), middle);
    const band = make("svg:g", { class: "band" },
      box(Math.min(s0, event.s), full, { fill: "url(#in-" + event.a + ")" }), box(fading, Math.max(e1, event.e), { fill: "url(#out-" + event.a + ")" }),
      box(full, fading, { class: "fill " + event.a }), box(full, fading, { fill: "url(#p-" + event.a + ")" }), box(event.s, event.e, { class: "outline" }));
    const sliver = make("svg:rect", { class: "sliver fill " + event.a, x: place(middle) + "%" });
    group.append(make("svg:title", {}, label(event)), band);
    if (place(event.e) - place(event.s) < 0.7) group.append(sliver); // some 4 px: the band alone could hardly be seen
    if (event.ok) group.append(make("svg:text", { class: "tick-mark", x: place(middle) + "%", y: 44, "text-anchor": "middle" }, "✓"));
    return group;
  }

  function handles(event) {
    return ["s", "e"].map((which) => {
      const handle = make("div", { class: "handle " + which + (which === edge ? " on" : ""), "data-edge": which });
      handle.style.left = place(event[which]) + "%";
      return handle;
    });
  }

  function lane(activity) {
    const events = draft.events.filter((event) => event.a === activity);
    const number = make("kbd", { "aria-hidden": "true" }, String(ACTIVITIES.indexOf(activity) + 1));
    const swatch = make("svg:svg", { class: "swatch", width: 18, height: 12, "aria-hidden": "true" },
      make("svg:rect", { class: "fill " + activity, width: 18, height: 12, rx: 2 }), make("svg:rect", { width: 18, height: 12, rx: 2, fill: "url(#p-" + activity + ")" }));
    const plot = make("svg:svg", { class: "plot", role: "group", "aria-label": say("lane_events", events.length, capital(name(activity))) });
    if (start() < 0) plot.append(make("svg:rect", { class: "unseen", x: 0, width: place(0) + "%", y: 0, height: "100%" }));
    if (activity !== "baby_visible") for (const [from, to] of state().unobserved) plot.append(make("svg:rect", { class: "unseen", x: place(from) + "%", width: place(to) - place(from) + "%", y: 0, height: "100%" }));
    if (draft.now.birth || state().zero.source === "table_arrival") plot.append(make("svg:line", { class: "zero", x1: place(zero()) + "%", x2: place(zero()) + "%", y1: 0, y2: "100%" }));
    plot.append(...events.map(bar));
    const track = make("div", { class: "track" }, plot);
    return make("div", { class: "lane " + activity, "data-a": activity }, make("div", { class: "name" }, number, swatch, make("span", {}, capital(name(activity)))), track);
  }

  // A curve of the vital signs; its points came on the axis of the saved case, which a new time of birth may move.
  function vital(curve) {
    const from = state().axis_start_s;
    const moved = (points) => points.split(" ").map((point) => { const [x, y] = point.split(","); return place(from + (x / 100) * (state().duration_s - from)) + "," + y; }).join(" ");
    const plot = make("svg:svg", { class: "plot", role: "img", "aria-label": curve.name + ", " + curve.seen, viewBox: "0 0 100 40", preserveAspectRatio: "none" },
      ...curve.marks.map((y) => make("svg:line", { class: "mark", x1: 0, x2: 100, y1: y, y2: y })), ...curve.lines.map((points) => make("svg:polyline", { class: "vital-line", points: moved(points) })));
    return make("div", { class: "lane vital" }, make("div", { class: "name" }, make("span", {}, curve.name, " ", make("span", { class: "quiet" }, curve.seen))), make("div", { class: "track" }, plot));
  }

  const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200];

  function drawAxis() {
    const plot = one(".lane.axis .plot");
    const px = Math.max(1, one(".over").getBoundingClientRect().width) / length();
    const step = STEPS.find((each) => each * px >= 64) || 7200;
    const marks = [];
    for (let t = Math.ceil((start() - zero()) / step) * step; zero() + t <= state().duration_s; t += step) {
      const where = place(zero() + t);
      marks.push(make("svg:line", { class: "tick", x1: where + "%", x2: where + "%", y1: 0, y2: 5 }));
      marks.push(make("svg:text", { x: where + "%", y: 18, "text-anchor": where < 3 ? "start" : where > 97 ? "end" : "middle" }, clock(t, 0)));
    }
    plot.replaceChildren(...marks);
    one(".lane.axis .name").textContent = say("from", zeroName());
    one(".counted").textContent = say("counted_from", zeroName());
  }

  // What was drawn stays until its content changes: a case of four hours has some hundred events.
  const drawn = new Map();

  function once(name, content, build) {
    const key = JSON.stringify(content);
    const before = drawn.get(name);
    if (before && before.key === key) return before.node;
    const node = build();
    drawn.set(name, { key, node });
    return node;
  }

  function inPlace(parent, nodes) {
    if (nodes.length !== parent.children.length || nodes.some((node, index) => parent.children[index] !== node)) parent.replaceChildren(...nodes);
  }

  function drawLanes() {
    const events = draft.events;
    const shown = new Set([...state().covered, ...events.map((event) => event.a)]);
    const about = [draft.now.birth, state().revision];
    const activities = ACTIVITIES.filter((activity) => shown.has(activity)).map((activity) =>
      once(activity, [events.filter((event) => event.a === activity), about], () => lane(activity)));
    inPlace(one(".rows"), [...activities, ...state().vitals.map((curve) => once("vital " + curve.sign, about, () => vital(curve)))]);
    drawAxis();
    drawChoice();
    playhead();
  }

  function drawChoice() {
    const event = chosen && draft.get(chosen);
    for (const node of lanes.querySelectorAll(".handle")) node.remove();
    for (const node of document.querySelectorAll(".event.chosen, tr.on")) node.classList.remove("chosen", "on");
    if (event) {
      const bar = document.getElementById("bar-" + chosen);
      bar.classList.add("chosen");
      bar.closest(".track").append(...handles(event));
      const line = document.querySelector('[data-choose="' + chosen + '"]');
      if (line) line.closest("tr").classList.add("on");
      bench.setAttribute("aria-activedescendant", "bar-" + chosen);
    } else bench.removeAttribute("aria-activedescendant");
  }

  function standsForIt(event) {
    const { known, same, candidate } = mark(event);
    if (!known) return say("added_now");
    if (!same) return say("changed_now");
    if (candidate) return known.by ? say("taken_back_now") : say("candidate");
    if (known.by) return event.ok ? say(known.source === "reviewer" ? "set_it" : "confirmed_it", known.by) : say("taken_back_now");
    return event.ok ? say("confirmed_now") : known.source === "detector" ? say("by_detector", known.sure) : known.sure;
  }

  function row(event) {
    const choice = make("button", { type: "button", class: "link", "data-choose": event.id, "aria-label": say("choose", label(event)) }, event.id);
    return make("tr", {},
      make("th", { scope: "row" }, choice), make("td", {}, capital(name(event.a))), make("td", { class: "num" }, since(event.s)), make("td", { class: "num" }, since(event.e)),
      make("td", {}, make("span", { class: "ok", "aria-hidden": "true" }, event.ok ? "✓ " : ""), standsForIt(event)));
  }

  function drawChosen() {
    const event = chosen && draft.get(chosen);
    one(".what").textContent = event ? event.id + " · " + capital(name(event.a)) : draft.now.events.length ? say("none_chosen") : say("no_event");
    const part = (which, text) => make("span", { class: which === edge ? "edge-now" : "" }, text);
    one(".edges").replaceChildren(...(event ? [part("s", since(event.s)), say("to"), part("e", since(event.e))] : []));
    one(".about").textContent = event ? say("about", (event.e - event.s).toFixed(1), standsForIt(event)) : "";
    for (const field of one(".event-form").elements) field.disabled = !event;
    if (event) {
      one("[name=activity]").value = event.a;
      one("[name=start]").value = Math.round(event.s * 1000) / 1000;
      one("[name=end]").value = Math.round(event.e * 1000) / 1000;
    }
  }

  function drawBirth() {
    const birth = draft.now.birth;
    one("[name=birth]").value = birth ? String(birth.t_s) : "";
    one("[name=uncertainty]").value = birth ? birth.uncertainty_s : 0;
  }

  function drawStanding() {
    const total = draft.now.events.length;
    one(".progress").textContent = say(state().out_of_domain ? "accepted_of" : "confirmed_of", draft.confirmed, total);
    const count = draft.changes;
    one(".unsaved").textContent = count ? say("not_saved", count) : state().revision ? say("revision", state().revision) : say("not_revised");
    one("[data-does=undo]").disabled = !draft.past.length;
    one("[data-does=redo]").disabled = !draft.future.length;
    document.title = (count ? "• " : "") + say("title", state().case_id);
  }

  const VERDICTS = { not_met: "✕", indeterminate: "≈", met: "✓", not_assessable: "–" };

  function drawSaved() {
    const found = state().findings;
    const items = Object.entries(VERDICTS).flatMap(([verdict, sign]) => found.filter((finding) => finding.verdict === verdict && verdict !== "not_assessable").map((finding) =>
      make("li", { class: verdict }, make("span", { class: "sign", "aria-hidden": "true" }, sign), make("span", {}, make("strong", {}, say(verdict) + ": "), finding.statement, make("span", { class: "quiet" }, " " + finding.observed)))));
    const open = found.filter((finding) => finding.verdict === "not_assessable");
    const rules = open.filter((finding) => finding.kind === "guideline").length;
    if (rules) items.push(make("li", { class: "quiet" }, say("open_rules", rules)));
    if (open.length > rules) items.push(make("li", { class: "quiet" }, say("open_metrics", open.length - rules)));
    one(".verdicts").replaceChildren(...items);
    one(".counted-saved").textContent = say("counted_from_saved", state().zero.name);
    const entries = state().history.slice().reverse().map((revision) => {
      const changes = make("ul", { class: "quiet" }, ...revision.changes.slice(0, 12).map((text) => make("li", {}, text)));
      if (revision.changes.length > 12) changes.append(make("li", {}, say("more", revision.changes.length - 12)));
      return make("li", { value: revision.number }, make("strong", {}, revision.by), " " + revision.at.slice(0, 16).replace("T", " ") + " UTC", revision.note ? ": " + revision.note : "", changes, back(revision.number, say("take_back", revision.number)));
    });
    if (state().revision) entries.push(make("li", { value: 0 }, say("made_first"), " ", back(0, say("take_back_first"))));
    else entries.push(make("li", { value: 0, class: "quiet" }, say("nobody")));
    one(".revisions").replaceChildren(...entries);
  }

  function back(number, text) {
    return make("button", { type: "button", class: "link", "data-back": number }, text);
  }

  function draw() {
    if (chosen && !draft.get(chosen)) chosen = null;
    const about = [draft.now.birth, state().revision];
    inPlace(one(".rows-of-events tbody"), draft.events.map((event) => once("row " + event.id, [event, about], () => row(event))));
    drawLanes();
    drawChosen();
    drawBirth();
    drawStanding();
  }

  // --- acts

  function choose(id, which, quietly) {
    chosen = id;
    edge = which || "s";
    const event = draft.get(id);
    draw();
    if (!event) return;
    seek(event[edge]);
    reveal(event[edge]);
    if (!quietly) tell(label(event));
  }

  function reveal(seconds) {
    const view = scroller.getBoundingClientRect();
    const box = one(".over").getBoundingClientRect();
    const x = box.left + (box.width * place(seconds)) / 100;
    const left = Math.max(view.left, lanes.querySelector(".name").getBoundingClientRect().width < view.width / 2 ? lanes.querySelector(".name").getBoundingClientRect().right : view.left);
    if (x < left + 20 || x > view.right - 40) scroller.scrollLeft += x - left - (view.right - left) / 3;
  }

  function neighbour(step) {
    const events = draft.events;
    const index = events.findIndex((event) => event.id === chosen);
    const next = index < 0 ? (step > 0 ? 0 : events.length - 1) : Math.min(events.length - 1, Math.max(0, index + step));
    if (events[next]) choose(events[next].id);
  }

  function confirm() {
    const event = chosen && draft.get(chosen);
    if (!event) { neighbour(1); return; }
    const other = state().out_of_domain && !event.ok && draft.clash(event, event.a, event.s, event.e);
    if (other) { tell(say("overlaps_accepted", event.id, other.id), true); return; }
    if (!event.ok) draft.change("confirm " + event.id, () => { event.ok = true; });
    const events = draft.events;
    const index = events.findIndex((each) => each.id === event.id);
    const next = [...events.slice(index + 1), ...events.slice(0, index)].find((each) => !each.ok);
    if (next) choose(next.id);
    else { draw(); tell(say("all_confirmed")); }
  }

  function nudge(seconds) {
    const event = chosen && draft.get(chosen);
    if (event) moveTo(event[edge] + seconds);
  }

  function moveTo(seconds) {
    const event = chosen && draft.get(chosen);
    if (!event) return;
    if (!draft.move(chosen, edge, seconds)) { tell(say("no_further")); return; }
    draw();
    seek(event[edge]);
    tell(say(edge === "s" ? "start_at" : "end_at", since(event[edge])));
  }

  function relabel(activity) {
    const event = chosen && draft.get(chosen);
    if (!event) return;
    const other = draft.relabel(chosen, activity);
    if (other) tell(say("overlaps_same", other.id, name(activity)), true);
    else { draw(); tell(label(draft.get(chosen))); }
  }

  function add(activity) {
    const found = draft.add(activity, now());
    if (!found.id) {
      tell(found.other ? say("there_already", found.other.id, name(activity)) : say("no_room", name(activity)), true);
      return;
    }
    choose(found.id, "e", true);
    tell(say("added", label(draft.get(found.id))));
  }

  function remove() {
    const event = chosen && draft.get(chosen);
    if (!event) return;
    const events = draft.events;
    const index = events.findIndex((each) => each.id === event.id);
    draft.change("delete " + event.id, (all) => { all.events = all.events.filter((each) => each.id !== event.id); });
    const next = events[index + 1] || events[index - 1];
    tell(say("deleted", event.id));
    if (next) choose(next.id, "s", true); else draw();
  }

  function setBirth(seconds, uncertainty) {
    draft.change("birth", (all) => { all.birth = seconds === null ? null : { t_s: seconds, uncertainty_s: uncertainty }; });
    draw();
    tell(seconds === null ? say("birth_unknown") : say(seconds < 0 ? "birth_before" : "birth_after", Math.abs(seconds)));
  }

  function setZoom(wanted) {
    const middle = now();
    zoom = Math.min(Math.max(1, length() / 8), Math.max(1, wanted));
    lanes.style.setProperty("--zoom", zoom);
    drawAxis();
    reveal(chosen ? draft.get(chosen)[edge] : middle);
  }

  // A step as words: "move E3s" is of the event E3, "revision 2" of that revision.
  function named(what) {
    const [act, about = ""] = what.split(" ");
    return say("did_" + act, (/^[A-Z]*\d+/.exec(about) || [""])[0]);
  }

  function step(direction) {
    const what = direction < 0 ? draft.undo() : draft.redo();
    draw();
    tell(what === null ? say(direction < 0 ? "no_undo" : "no_redo") : say(direction < 0 ? "undone" : "redone", named(what)));
  }

  // --- talking to the server

  async function ask(address, body) {
    const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    let answer;
    try { answer = await fetch(address, options); } catch { throw new Error(say("ended_in_terminal")); }
    const found = await answer.json().catch(() => ({ error: say("refused", answer.status) }));
    if (!answer.ok) throw new Error(found.error);
    return found;
  }

  function askName() {
    if (!draft.isChanged && state().whole_recording_by) { tell(say("nothing_to_save"), true); return; }
    const count = draft.changes;
    one(".will").textContent = say("will", count);
    if (!one("[name=by]").value) one("[name=by]").value = state().by;
    one(".whole").hidden = Boolean(state().whole_recording_by);
    dialog.showModal();
    one("[name=by]").focus();
  }

  async function save() {
    dialog.close();
    tell(say("saving"));
    saving = true; // what is changed until the answer comes would be lost
    bench.setAttribute("aria-busy", "true");
    one(".unsaved").textContent = say("saving");
    try {
      const { outcome, state: fresh } = await ask("save", draft.edits(one("[name=by]").value.trim(), one("[name=note]").value.trim(), one("[name=whole]").checked));
      draft.load(fresh);
      one("[name=note]").value = "";
      one("[name=whole]").checked = false;
      draw();
      drawSaved();
      const verdicts = outcome.findings.map((each) => " " + say("verdict_changed", each.statement, each.before || say("silent"), each.after || say("silent"))).join("");
      tell(say("saved", outcome.revision) + " " + say("written", outcome.written, outcome.kept) + verdicts + (outcome.note ? " " + outcome.note : ""), true);
    } catch (error) { tell(error.message, true); }
    saving = false;
    bench.removeAttribute("aria-busy");
    drawStanding();
    bench.focus({ preventScroll: true });
  }

  async function takeBack(number) {
    try {
      const { events } = await ask("revisions/" + number);
      draft.change("revision " + number, (all) => { all.events = events.map((event) => Draft.plain(event)); });
      draw();
      tell(say("taken_back", number), true);
    } catch (error) { tell(error.message, true); }
    bench.focus({ preventScroll: true });
  }

  async function end() {
    if (draft.isChanged && !ending) {
      ending = true;
      tell(say("not_saved_yet"), true);
      return;
    }
    try { await ask("end", {}); } catch (error) { tell(error.message, true); return; }
    ended = true;
    tell(say("ended"), true);
    for (const button of document.querySelectorAll("button, input, select")) button.disabled = true;
  }

  // --- keys, buttons, pointer

  const event = () => chosen && draft.get(chosen);
  const DOES = {
    undo: () => step(-1), redo: () => step(1), save: askName, end, confirm, delete: remove,
    around: () => event() && play(event()[edge] - 1, event()[edge] + 1), whole: () => event() && play(event().s, event().e),
    play: () => (there && !video.paused ? video.pause() : play()), in: () => setZoom(zoom * 1.6), out: () => setZoom(zoom / 1.6), fit: () => setZoom(1),
    dismiss: () => { one(".message").hidden = true; bench.focus({ preventScroll: true }); }, cancel: () => { dialog.close(); bench.focus({ preventScroll: true }); },
    born: () => setBirth(Math.round(now() * 10) / 10, Number(one("[name=uncertainty]").value) || 0),
  };
  const frame = () => state().frame_s;
  const KEYS = {
    ArrowDown: () => neighbour(1), ArrowUp: () => neighbour(-1), Enter: confirm, e: DOES.around, v: DOES.whole, "[": () => event() && choose(chosen, "s"), "]": () => event() && choose(chosen, "e"),
    ArrowLeft: (key) => nudge(key.shiftKey ? -frame() : -0.1), ArrowRight: (key) => nudge(key.shiftKey ? frame() : 0.1),
    i: () => { edge = "s"; moveTo(now()); }, o: () => { edge = "e"; moveTo(now()); },
    a: () => { adding = true; tell(say("add_at", since(now())), true); },
    x: remove, Delete: remove, u: DOES.undo, r: DOES.redo, k: DOES.play, " ": DOES.play, j: () => seek(now() - 5), l: () => seek(now() + 5),
    ",": () => seek(now() - frame()), ".": () => seek(now() + frame()), b: () => one("[name=birth]").focus(), "+": DOES.in, "=": DOES.in, "-": DOES.out, 0: DOES.fit, s: askName,
  };

  document.addEventListener("keydown", (key) => {
    if (ended || saving || !(key.target instanceof Element) || !key.target.closest(".bench") || key.ctrlKey || key.metaKey || key.altKey) return;
    if (key.target instanceof HTMLButtonElement && (key.key === "Enter" || key.key === " ")) return;
    const number = "1234567".indexOf(key.key) + 1;
    const act = number && key.key.length === 1 ? () => (adding ? add : relabel)(ACTIVITIES[number - 1]) : KEYS[key.key];
    if (key.key === "Escape" || (act && adding && key.key !== "a")) one(".message").hidden = true;
    if (act) { key.preventDefault(); act(key); }
    if (key.key !== "a" && key.key !== "Shift") adding = false;
  });

  document.addEventListener("click", (click) => {
    const target = click.target instanceof Element ? click.target : document.body;
    const button = target.closest("[data-does], [data-choose], [data-back]");
    if (saving) return;
    if (button) {
      if (button.dataset.does !== "end") ending = false;
      if (button.dataset.choose) { choose(button.dataset.choose); bench.focus({ preventScroll: true }); bench.scrollIntoView({ block: "nearest" }); }
      else if (button.dataset.back) takeBack(Number(button.dataset.back));
      else DOES[button.dataset.does]();
      if (button.closest(".bench")) bench.focus({ preventScroll: true });
      return;
    }
    const bar = target.closest(".lanes .event");
    if (bar) choose(bar.dataset.id);
    else if (target.closest(".track") && !target.closest(".handle")) seek(timeAt(click.clientX));
  });

  function timeAt(x) {
    const box = one(".over").getBoundingClientRect();
    return start() + (length() * (x - box.left)) / box.width;
  }

  lanes.addEventListener("pointerdown", (press) => {
    const handle = press.target instanceof Element ? press.target.closest(".handle") : null;
    if (!handle || press.button !== 0 || saving) return;
    press.preventDefault();
    bench.focus({ preventScroll: true });
    edge = handle.dataset.edge;
    const what = "drag " + chosen + edge + press.timeStamp;
    let wanted = null;
    const follow = () => {
      const seconds = wanted;
      wanted = null;
      if (seconds !== null && draft.move(chosen, edge, seconds, what)) { drawLanes(); drawChosen(); seek(draft.get(chosen)[edge]); }
    };
    const move = (drag) => {
      if (wanted === null) requestAnimationFrame(follow);
      wanted = timeAt(drag.clientX);
    };
    const stop = () => {
      follow();
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", stop);
      window.removeEventListener("pointercancel", stop);
      draw();
      tell(label(draft.get(chosen)));
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", stop);
    window.addEventListener("pointercancel", stop);
  });

  lanes.addEventListener("pointermove", (move) => {
    const hair = one(".hair");
    const t = timeAt(move.clientX);
    hair.hidden = t < start() || t > state().duration_s;
    hair.style.left = place(t) + "%";
    hair.firstElementChild.textContent = since(t);
  });
  lanes.addEventListener("pointerleave", () => { one(".hair").hidden = true; });

  one(".event-form").addEventListener("submit", (submit) => {
    submit.preventDefault();
    if (saving) return;
    const { activity, start: from, end: to } = submit.target.elements;
    const [s, e] = [Number(from.value), Number(to.value)];
    const other = draft.clash(event(), activity.value, s, e);
    if (!from.value || !to.value || !(s >= 0 && s < e && e <= state().duration_s + 0.0005)) tell(say("start_before_end", state().duration_s), true);
    else if (other) tell(say("overlaps", other.id), true);
    else {
      draft.change("set " + chosen, () => { Object.assign(event(), { a: activity.value, s, e, ok: true }); });
      choose(chosen);
      bench.focus({ preventScroll: true });
    }
  });

  one(".birth-form").addEventListener("submit", (submit) => {
    submit.preventDefault();
    if (saving) return;
    const text = one("[name=birth]").value.trim();
    const seconds = text ? Draft.seconds(text) : null;
    if (text && seconds === null) tell(say("no_time", text), true);
    else if (seconds !== null && seconds > state().duration_s) tell(say("birth_too_late"), true);
    else { setBirth(seconds, Number(one("[name=uncertainty]").value) || 0); bench.focus({ preventScroll: true }); }
  });

  dialog.addEventListener("close", () => { if (dialog.returnValue !== "save") bench.focus({ preventScroll: true }); });
  dialog.querySelector("form").addEventListener("submit", (submit) => { submit.preventDefault(); save(); });
  window.addEventListener("beforeunload", (leave) => { if (draft.isChanged && !ended) leave.preventDefault(); });
  window.addEventListener("resize", drawAxis);

  draw();
  drawSaved();
  const first = draft.events.find((each) => !each.ok) || draft.events[0];
  if (first) choose(first.id, "s", true);
  bench.focus({ preventScroll: true });
})();
