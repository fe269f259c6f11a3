import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { a_row } from "../queue/a_row";
import { EventParser } from "./events";
import { firstPages, throttled } from "./live";
import { Rows } from "./rows";
import { retryAfterMs } from "./stream";

describe("the rows", () => {
  it("keep the highest version, in whichever order they come", () => {
    const rows = new Rows();
    const row = a_row({ version: 5, alerts: ["due_soon"] });
    rows.put([row]);
    rows.put([{ ...row, version: 4, alerts: [] }]);
    expect(rows.get(row.id)?.alerts).toEqual(["due_soon"]);
    rows.put([{ ...row, version: 6, alerts: [] }]);
    expect(rows.get(row.id)?.alerts).toEqual([]);
  });

  it("show a decision at once, and the truth when it was refused", () => {
    const rows = new Rows();
    const row = a_row();
    rows.put([row]);
    rows.assume([row.id], { state: "approved", tab: "cancelled" });
    expect(rows.get(row.id)?.state).toBe("approved");
    // Somebody else rejected it first.
    rows.put([{ ...row, version: 2, state: "rejected", tab: "rejected" }]);
    expect(rows.get(row.id)?.state).toBe("approved");
    rows.settle([row.id]);
    expect(rows.get(row.id)?.state).toBe("rejected");
  });

  it("redraw only what changed", () => {
    const rows = new Rows();
    const [one, other] = [a_row(), a_row()];
    rows.put([one, other]);
    const heard = vi.fn();
    rows.subscribe(other.id, heard);
    rows.put([{ ...one, version: 2 }]);
    expect(heard).not.toHaveBeenCalled();
    rows.put([{ ...other, version: 2 }]);
    expect(heard).toHaveBeenCalledOnce();
  });
});

describe("the stream's text", () => {
  it("is cut into events wherever its pieces end", () => {
    const text = ': ping\r\n\r\nid: 12-1\r\nevent: request\r\ndata: {"a":\r\ndata: 1}\r\nretry: 2000\r\n\r\nevent: reset\ndata: {}\n\n';
    for (const size of [1, 2, 3, 7, text.length]) {
      const parser = new EventParser();
      const events = [];
      for (let at = 0; at < text.length; at += size) events.push(...parser.take(text.slice(at, at + size)));
      expect(events).toEqual([
        { name: "request", data: '{"a":\n1}', id: "12-1" },
        { name: "reset", data: "{}", id: "12-1" },
      ]);
    }
  });
});

describe("counting again", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("happens at once, and once more at the end of a flood", () => {
    const act = vi.fn();
    const run = throttled(act, 1000);
    for (let n = 0; n < 50; n += 1) run();
    expect(act).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(act).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(5000);
    expect(act).toHaveBeenCalledTimes(2);
  });
});

describe("reading again", () => {
  it("takes the first pages of a long list, with their cursors", () => {
    const list = { pages: ["a", "b", "c", "d", "e"], pageParams: [undefined, "1", "2", "3", "4"] };
    expect(firstPages(list)).toEqual({ pages: ["a", "b", "c"], pageParams: [undefined, "1", "2"] });
    const short = { pages: ["a"], pageParams: [undefined] };
    expect(firstPages(short)).toBe(short);
  });
});

describe("a stream that is refused", () => {
  it("is asked for again when the service says so", () => {
    expect(retryAfterMs("30")).toBe(30_000);
    expect(retryAfterMs("86400")).toBe(300_000);
    for (const nothing of [null, "", "0", "-1", "soon"]) expect(retryAfterMs(nothing)).toBe(0);
  });
});
