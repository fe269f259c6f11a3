import type { ReactNode } from "react";
import styles from "./elements.module.css";

export type Tone = "plain" | "danger" | "warn" | "ok" | "info";

/** A short word about a state; its colour repeats what it says and never says it alone. */
export function Chip({ tone = "plain", title, children }: { tone?: Tone; title?: string | undefined; children: ReactNode }) {
  return (
    <span className={styles["chip"]} data-tone={tone} title={title}>
      {children}
    </span>
  );
}
