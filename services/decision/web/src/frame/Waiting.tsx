import { Button, Loader } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { Notice } from "../elements/Notice";
import { whyNot } from "../elements/problems";
import { useTexts } from "../i18n/texts";
import styles from "./frame.module.css";

export function Loading() {
  const { t } = useTexts();
  return (
    <div className={styles["waiting"]} role="status" aria-label={t("loading")}>
      <Loader size="sm" color="var(--accent)" />
    </div>
  );
}

export function CodeMissing({ again }: { again: () => void }) {
  const { t } = useTexts();
  return (
    <Notice
      urgent
      icon={<IconPlugConnectedX size={32} stroke={1.5} aria-hidden />}
      title={t("failed.title")}
      action={<Button onClick={again}>{t("failed.again")}</Button>}
    >
      {t("failed.code")}
    </Notice>
  );
}

export function Failed({ error, again }: { error: unknown; again: () => void }) {
  const texts = useTexts();
  return (
    <Notice
      urgent
      icon={<IconPlugConnectedX size={32} stroke={1.5} aria-hidden />}
      title={texts.t("failed.title")}
      action={<Button onClick={again}>{texts.t("failed.again")}</Button>}
    >
      {whyNot(error, texts)}
    </Notice>
  );
}
