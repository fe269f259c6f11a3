import { Button } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import type { BulkResult } from "../api/client";
import { whyOf } from "../elements/problems";
import { useTexts } from "../i18n/texts";
import { rows } from "../live/rows";
import { canDecide } from "../queue/status";
import type { Verdict } from "./asking";
import styles from "./decide.module.css";

interface ResultsProps {
  results: readonly BulkResult[];
  verdict: Verdict;
  sending: boolean;
  again: (failed: readonly string[]) => void;
  close: () => void;
}

/** What became of each; those that can still be decided may be tried again. */
export function Results({ results, verdict, sending, again, close }: ResultsProps) {
  const texts = useTexts();
  const { t } = texts;
  const failed = results.filter((result) => result.status === "failed");
  const done = results.length - failed.length;
  const retryable = failed.filter(({ id }) => {
    const row = rows.get(id);
    return row !== undefined && canDecide(row);
  });
  return (
    <div>
      <p role="status" className={styles["done"]}>
        <IconCircleCheck size={20} stroke={1.8} aria-hidden />
        {t(verdict === "approve" ? "bulk.approved" : "bulk.rejected", { n: done })}
      </p>
      {failed.length > 0 && (
        <section className={styles["aside"]} data-tone="danger" aria-label={t("bulk.failed", { n: failed.length })}>
          <h3>{t("bulk.failed", { n: failed.length })}</h3>
          <ul className={styles["failed"]}>
            {failed.map((result) => (
              <li key={result.id}>
                <strong>{rows.get(result.id)?.order_ref ?? result.id}</strong> <span>{whyOf(result.problem ?? {}, texts)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <div className={styles["buttons"]}>
        {retryable.length > 0 && (
          <Button size="sm" variant="default" loading={sending} onClick={() => again(retryable.map(({ id }) => id))}>
            {t("bulk.again", { n: retryable.length })}
          </Button>
        )}
        <Button size="sm" onClick={close} data-autofocus>
          {t("close")}
        </Button>
      </div>
    </div>
  );
}
