import { useState } from "react";
import styles from "./elements.module.css";

const HUES = 6;

/** The product's picture; its initials while there is none, always in the same colour. */
export function Thumb({ url, name }: { url: string | null | undefined; name: string }) {
  const [broken, setBroken] = useState(false);
  if (url && !broken) {
    return (
      <span className={styles["thumb"]}>
        <img src={url} alt="" loading="lazy" decoding="async" referrerPolicy="no-referrer" onError={() => setBroken(true)} />
      </span>
    );
  }
  return (
    <span className={styles["thumb"]} data-hue={hueOf(name)} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

const initialsOf = (name: string): string =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => String.fromCodePoint(word.codePointAt(0) ?? 32).toUpperCase())
    .join("");

function hueOf(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}
