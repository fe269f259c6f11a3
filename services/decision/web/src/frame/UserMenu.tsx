import { Popover, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUserCircle } from "@tabler/icons-react";
import { useMediaQuery } from "@mantine/hooks";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/session";
import { LanguageChoice } from "./LanguageChoice";
import { NARROW } from "./narrow";
import styles from "./frame.module.css";

const SCHEMES = ["auto", "light", "dark"] as const;
const ICONS = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon };

export function UserMenu() {
  const { t } = useTexts();
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  if (!narrow) {
    return (
      <div className={styles["user"]}>
        <Who />
      </div>
    );
  }
  return (
    <Popover position="top-end" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={styles["userButton"]} aria-label={t("user.label")}>
          <IconUserCircle size={22} stroke={1.6} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("user.label")} className={styles["userSmall"] ?? ""}>
        <Who />
      </Popover.Dropdown>
    </Popover>
  );
}

function Who() {
  const { t, open } = useTexts();
  const { me, signOut } = useSession();
  const role = me.roles[0] ?? "";
  return (
    <>
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
    </>
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
