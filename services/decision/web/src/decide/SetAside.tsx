import { useTexts } from "../i18n/texts";
import type { Row } from "../api/client";
import type { AsideBecause } from "./plan";
import styles from "./decide.module.css";

type Because = AsideBecause | "no_common_reason";

/** What is not decided with the others, by why. */
export function SetAside({ aside }: { aside: readonly { row: Row; because: Because }[] }) {
  const { t } = useTexts();
  if (aside.length === 0) return null;
  const groups = [...new Set(aside.map(({ because }) => because))];
  return (
    <section className={styles["aside"]} aria-label={t("aside.title", { n: aside.length })}>
      <h3>{t("aside.title", { n: aside.length })}</h3>
      {groups.map((because) => (
        <div key={because}>
          <p>{t(`aside.${because}`)}</p>
          <ul>
            {aside
              .filter((each) => each.because === because)
              .map(({ row }) => (
                <li key={row.id}>
                  {row.order_ref} <span>{row.shop.name}</span>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
