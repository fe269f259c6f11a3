/** The list by keyboard: j and k go, x ticks, a and r ask, / searches, ? helps. Never decides by one key. */
import { useEffect, useRef, type RefObject } from "react";
import { ask, asking } from "../decide/asking";
import { openRequest } from "../frame/view";
import { rows } from "../live/rows";
import { useSession } from "../session/session";
import { createStore } from "../store";
import { clearSelection, current, selection, toggle } from "./selection";
import { canDecide, canReject } from "./status";

export const helpIsOpen = createStore(false);

const FOCUS_TRIES = 10;

/** What a key means now; nothing while somebody types, or a dialogue is open. */
export function useKeys(ids: readonly string[], search: RefObject<HTMLInputElement | null>): void {
  const { may } = useSession();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || isDialogOpen()) return;
      const act = actOf(event.key, ids, may.decide, search);
      if (!act) return;
      event.preventDefault();
      act();
    };
    // Before the dialogues hear it: the Escape that closes one must not also clear the selection behind it.
    window.addEventListener("keydown", onKeyDown, { capture: true });
    return () => window.removeEventListener("keydown", onKeyDown, { capture: true });
  }, [ids, may.decide, search]);
}

function actOf(key: string, ids: readonly string[], mayDecide: boolean, search: RefObject<HTMLInputElement | null>): (() => void) | undefined {
  switch (key) {
    case "j":
      return () => step(ids, 1);
    case "k":
      return () => step(ids, -1);
    case "x":
      return mayDecide ? () => onCurrent((id) => (decidable(id) || selection.get().has(id)) && toggle(id)) : undefined;
    case "o":
      return () => onCurrent(openRequest);
    case "a":
      return mayDecide ? () => askAboutChosen("approve") : undefined;
    case "r":
      return mayDecide ? () => askAboutChosen("reject") : undefined;
    case "/":
      return () => search.current?.focus();
    case "?":
      return () => helpIsOpen.set(true);
    case "Escape":
      return selection.get().size > 0 ? clearSelection : undefined;
    default:
      return undefined;
  }
}

const decidable = (id: string) => {
  const row = rows.get(id);
  return row !== undefined && canDecide(row);
};

function onCurrent(act: (id: string) => unknown): void {
  const id = current.get();
  if (id) act(id);
}

function askAboutChosen(verdict: "approve" | "reject"): void {
  const ticked = [...selection.get()];
  if (ticked.length > 0) {
    ask(verdict, ticked);
    return;
  }
  onCurrent((id) => {
    const row = rows.get(id);
    if (row && (verdict === "approve" ? canDecide(row) : canReject(row))) ask(verdict, [id]);
  });
}

/** The row that the keyboard was on left the list: the one that took its place is next, and has the focus if nothing else has. */
export function useCurrentStays(ids: readonly string[]): void {
  const before = useRef(ids);
  useEffect(() => {
    const index = before.current.indexOf(current.get() ?? "");
    before.current = ids;
    if (index < 0 || ids.includes(current.get() ?? "")) return;
    const next = ids[Math.min(index, ids.length - 1)] ?? null;
    current.set(next);
    if (next && document.activeElement === document.body) focusRow(next, FOCUS_TRIES);
  }, [ids]);
}

let lastIndex = 0;

function step(ids: readonly string[], by: 1 | -1): void {
  if (ids.length === 0) return;
  const at = ids.indexOf(current.get() ?? "");
  // The row we were on left the list: the one that took its place is next.
  const next = at >= 0 ? at + by : by > 0 ? lastIndex : lastIndex - 1;
  lastIndex = Math.max(0, Math.min(ids.length - 1, next));
  const id = ids[lastIndex];
  if (id === undefined) return;
  current.set(id);
  focusRow(id, FOCUS_TRIES);
}

/** The row may have to be scrolled into the document first. */
export function focusRow(id: string, tries: number): void {
  const button = document.querySelector<HTMLElement>(`[data-id="${id}"] [data-row-button]`);
  if (button) button.focus({ preventScroll: true });
  else if (tries > 0) requestAnimationFrame(() => focusRow(id, tries - 1));
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") return true;
  return target instanceof HTMLInputElement && target.type !== "checkbox" && target.type !== "radio";
}

const isDialogOpen = () => asking.get() !== null || document.querySelector("[role=dialog]") !== null;
