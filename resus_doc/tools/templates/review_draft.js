// What the reviewer has changed and not saved: the events, the time of birth, and every step back. It knows no page.
class Draft {
  constructor(state) { this.load(state); }

  load(state) {
    this.state = state;
    this.original = new Map(state.events.map((event) => [event.id, event]));
    this.now = { events: state.events.map((event) => Draft.plain(event)), birth: state.birth };
    this.saved = JSON.stringify(this.now);
    this.past = [];
    this.future = [];
    this.fresh = 0;
  }

  static plain(event) { return { id: event.id, a: event.a, s: event.s, e: event.e, ok: event.by !== null }; }

  get events() { return this.now.events.slice().sort((one, other) => one.s - other.s || one.e - other.e || (one.id < other.id ? -1 : 1)); }

  get(id) { return this.now.events.find((event) => event.id === id); }

  get confirmed() { return this.now.events.filter((event) => event.ok).length; }

  get isChanged() { return JSON.stringify(this.now) !== this.saved; }

  // How many events differ from what is saved, the time of birth counting as one more.
  get changes() {
    const saved = JSON.parse(this.saved);
    const before = new Map(saved.events.map((event) => [event.id, JSON.stringify(event)]));
    const differ = this.now.events.filter((event) => before.get(event.id) !== JSON.stringify(event)).length;
    const gone = saved.events.filter((event) => !this.get(event.id)).length;
    return differ + gone + (JSON.stringify(saved.birth) === JSON.stringify(this.now.birth) ? 0 : 1);
  }

  // One step that can be undone. Steps of the same `what` in a row, such as ten nudges of one edge, are one.
  change(what, edit) {
    const before = JSON.stringify(this.now);
    edit(this.now);
    if (JSON.stringify(this.now) === before) return false;
    const last = this.past[this.past.length - 1];
    if (!last || last.what !== what || this.future.length) this.past.push({ what, before });
    this.future = [];
    return true;
  }

  undo() { return this.step(this.past, this.future); }

  redo() { return this.step(this.future, this.past); }

  step(from, to) {
    const last = from.pop();
    if (!last) return null;
    to.push({ what: last.what, before: JSON.stringify(this.now) });
    this.now = JSON.parse(last.before);
    return last.what;
  }

  // The other events of this activity that it must not overlap: of a video unlike the training data only the accepted ones.
  others(event, activity) {
    return this.now.events.filter((other) => other.id !== event.id && other.a === activity && (other.ok || !this.state.out_of_domain));
  }

  clash(event, activity, start, end) {
    return this.others(event, activity).find((other) => start < other.e && other.s < end) || null;
  }

  // Between which times an edge may lie: within the recording, clear of its neighbours, the event not shorter than 0.1 s.
  limits(event, edge) {
    const others = this.others(event, event.a);
    if (edge === "s") {
      const before = others.filter((other) => other.e <= event.s + 1e-6).map((other) => other.e);
      return [Math.max(0, ...before), event.e - Draft.SHORTEST_S];
    }
    const after = others.filter((other) => other.s >= event.e - 1e-6).map((other) => other.s);
    return [event.s + Draft.SHORTEST_S, Math.min(this.state.duration_s, ...after)];
  }

  move(id, edge, wanted, what) {
    const event = this.get(id);
    const [low, high] = this.limits(event, edge);
    const at = Math.round(Math.min(Math.max(wanted, low), Math.max(low, high)) * 1000) / 1000;
    return this.change(what || "move " + id + edge, () => { event[edge] = at; event.ok = true; });
  }

  relabel(id, activity) {
    const event = this.get(id);
    const other = this.clash(event, activity, event.s, event.e);
    if (other) return other;
    this.change("relabel " + id, () => { event.a = activity; event.ok = true; });
    return null;
  }

  // A new event of two seconds, or up to the next of its activity; returns its id, or the event that is in its way.
  add(activity, at) {
    const event = { id: "N" + (this.fresh + 1), a: activity, s: Math.round(at * 1000) / 1000, e: 0, ok: true };
    const others = this.others(event, activity);
    const next = Math.min(this.state.duration_s, ...others.filter((other) => other.s >= at).map((other) => other.s));
    event.e = Math.round(Math.min(at + Draft.NEW_S, next) * 1000) / 1000;
    const other = others.find((one) => one.s <= at && at < one.e);
    if (other || event.e - event.s < Draft.SHORTEST_S) return { other: other || null };
    this.fresh += 1;
    this.change("add " + event.id, (now) => { now.events.push(event); });
    return { id: event.id };
  }

  edits(by, note, whole) {
    return {
      revision: this.state.revision, by, note, birth: this.now.birth, whole_recording: whole,
      events: this.now.events.map((event) => ({ id: event.id, activity: event.a, start_s: event.s, end_s: event.e, confirmed: event.ok })),
    };
  }

  // Signed seconds from "-75", "-75.5 s" or "-1:15"; null for anything else.
  static seconds(text) {
    const match = /^([+-]?)(?:(\d{1,4}):([0-5]?\d(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*s?)$/.exec(text.trim().replace("−", "-"));
    if (!match) return null;
    const value = match[4] ? Number(match[4]) : 60 * Number(match[2]) + Number(match[3]);
    return match[1] === "-" ? -value : value;
  }
}
Draft.SHORTEST_S = 0.1;
Draft.NEW_S = 2;
