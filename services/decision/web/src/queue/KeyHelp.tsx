import { Modal } from "@mantine/core";
import { useTexts, type TextKey } from "../i18n/texts";
import { useStore } from "../store";
import { helpIsOpen } from "./useKeys";
import styles from "./queue.module.css";
import elements from "../elements/elements.module.css";

const KEYS: readonly { keys: readonly string[]; text: TextKey }[] = [
  { keys: ["j", "k"], text: "keys.step" },
  { keys: ["Enter", "o"], text: "keys.open" },
  { keys: ["x"], text: "keys.select" },
  { keys: ["a"], text: "keys.approve" },
  { keys: ["r"], text: "keys.reject" },
  { keys: ["Enter"], text: "keys.confirm" },
  { keys: ["/"], text: "keys.search" },
  { keys: ["Esc"], text: "keys.escape" },
  { keys: ["?"], text: "keys.help" },
];

export function KeyHelp() {
  const { t } = useTexts();
  return (
    <Modal
      opened={useStore(helpIsOpen)}
      onClose={() => helpIsOpen.set(false)}
      title={t("keys.title")}
      size={400}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <dl className={styles["keys"]}>
        {KEYS.map(({ keys, text }) => (
          <div key={text}>
            <dt>
              {keys.map((key) => (
                <kbd key={key} className={elements["kbd"]}>
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
