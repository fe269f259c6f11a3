import { NativeSelect } from "@mantine/core";
import { LANGUAGES, type Language } from "../i18n/format";
import { speak, useTexts } from "../i18n/texts";

// Each in its own words: who looks for it reads it.
const NAMES: Record<Language, string> = { en: "English", ms: "Bahasa Melayu", "zh-CN": "简体中文", fil: "Filipino" };

export function LanguageChoice() {
  const { t, language } = useTexts();
  return (
    <NativeSelect
      size="xs"
      aria-label={t("language")}
      value={language}
      data={Object.keys(LANGUAGES).map((value) => ({ value, label: NAMES[value as Language] }))}
      onChange={(event) => void speak(event.currentTarget.value as Language)}
    />
  );
}
