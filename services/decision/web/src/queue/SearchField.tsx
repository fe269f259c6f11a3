import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState, type Ref } from "react";
import { useTexts } from "../i18n/texts";
import { searchOf, type Filters } from "./filters";
import type { Show } from "./Queue";
import styles from "./queue.module.css";
import elements from "../elements/elements.module.css";

const PAUSE_MS = 200;
const shownOf = (filters: Filters) => (filters.orderRefs.length > 0 ? filters.orderRefs.join(" ") : filters.text);

/** Words, the beginning of an order ref, or many order refs pasted at once. */
export function SearchField({ filters, show, ref }: { filters: Filters; show: Show; ref: Ref<HTMLInputElement> }) {
  const { t } = useTexts();
  const shown = shownOf(filters);
  const [typed, setTyped] = useState(shown);
  const sent = useRef(shown);

  // Gone back, or the filters cleared: the address has the last word.
  useEffect(() => {
    if (shown === sent.current) return;
    sent.current = shown;
    setTyped(shown);
  }, [shown]);

  useEffect(() => {
    const wanted = { ...filters, ...searchOf(typed) };
    if (shownOf(wanted) === shown) return;
    const timer = setTimeout(() => {
      sent.current = shownOf(wanted);
      show(wanted, true);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, filters, show, shown]);

  return (
    <TextInput
      ref={ref}
      type="search"
      size="xs"
      className={styles["search"] ?? ""}
      aria-label={t("search.label")}
      placeholder={t("search.placeholder")}
      value={typed}
      leftSection={<IconSearch size={16} stroke={1.7} aria-hidden />}
      rightSection={typed ? undefined : <kbd aria-hidden className={elements["kbd"]}>/</kbd>}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
