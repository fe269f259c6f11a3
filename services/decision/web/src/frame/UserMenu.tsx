import { useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconLogout, IconMoon, IconSun } from "@tabler/icons-react";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/session";
import { LanguageChoice } from "./LanguageChoice";
import styles from "./frame.module.css";

const SCHEMES = ["auto", "light", "dark"] as const;
const ICONS = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon };

export function UserMenu() {
  const { t, open } = useTexts();
  const { me, signOut } = useSession();
  const role = me.roles[0] ?? "";
  return (
    <div className={styles["user"]}>
      <div className={styles["who"]}>
        <strong>{me.seller?.name ?? me.name}</strong>
        <span>
          {me.name} · {open(`role.${role}`, role)}
        </span>
      </div>
      <div className={styles["userTools"]}>
        <LanguageChoice />
        <SchemeButton />
        <button type="button" className={styles["tool"]} onClick={signOut} aria-label={t("sign_out.label")} title={t("sign_out.label")}>
          <IconLogout size={17} stroke={1.7} aria-hidden />
        </button>
      </div>
    </div>
  );
}

function SchemeButton() {
  const { t } = useTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = ICONS[colorScheme];
  const next = SCHEMES[(SCHEMES.indexOf(colorScheme) + 1) % SCHEMES.length] ?? "auto";
  const label = t("scheme.label", { now: t(`scheme.${colorScheme}`) });
  return (
    <button type="button" className={styles["tool"]} onClick={() => setColorScheme(next)} aria-label={label} title={label}>
      <Icon size={17} stroke={1.7} aria-hidden />
    </button>
  );
}
