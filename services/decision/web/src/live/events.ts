/** Server-sent events read by fetch, which can say what was heard last also after another tab held the stream. */

export interface StreamEvent {
  name: string;
  data: string;
  id: string;
}

/** Cuts a stream's text into events; pieces may end anywhere. */
export class EventParser {
  #rest = "";
  #lastId = "";
  #name = "";
  #data: string[] = [];

  /** The events that this piece of text completes. */
  take(text: string): StreamEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? "";
    // "\r\n" may be cut in its middle: a "\r" at the end waits for what follows.
    if (text.endsWith("\r")) this.#rest = `${lines.pop() ?? ""}\r`;
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): StreamEvent[] {
    if (line === "") {
      const done = this.#data.length > 0 ? [{ name: this.#name || "message", data: this.#data.join("\n"), id: this.#lastId }] : [];
      this.#name = "";
      this.#data = [];
      return done;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id") this.#lastId = value;
    return [];
  }
}
