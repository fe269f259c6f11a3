import { CheckIcon, Combobox, useCombobox } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import { useTexts } from "../i18n/texts";
import styles from "./queue.module.css";

interface Choice {
  value: string;
  label: string;
  more?: string;
  count?: number;
}

interface ChoiceFilterProps {
  label: string;
  choices: readonly Choice[];
  chosen: readonly string[];
  choose: (chosen: string[]) => void;
  searchable?: boolean;
}

/** Any of several values; with forty of them, found by typing. */
export function ChoiceFilter({ label, choices, chosen, choose, searchable = false }: ChoiceFilterProps) {
  const { t, number } = useTexts();
  const [typed, setTyped] = useState("");
  const box = useCombobox({
    onDropdownClose: () => {
      setTyped("");
      box.resetSelectedOption();
      box.focusTarget();
    },
    onDropdownOpen: () => {
      if (searchable) box.focusSearchInput();
    },
  });
  const wanted = typed.trim().toLowerCase();
  const found = choices.filter((choice) => `${choice.label} ${choice.more ?? ""}`.toLowerCase().includes(wanted));
  const names = choices.filter((choice) => chosen.includes(choice.value)).map((choice) => choice.label);
  const toggle = (value: string) => choose(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]);

  return (
    <Combobox store={box} onOptionSubmit={toggle} position="bottom-start" width={searchable ? 270 : 200} withinPortal>
      <Combobox.Target targetType="button">
        <button
          type="button"
          className={styles["filter"]}
          data-active={chosen.length > 0 || undefined}
          onClick={() => box.toggleDropdown()}
        >
          <span className={styles["filterName"]}>
            {names.length === 0 ? label : names.length === 1 ? `${label}: ${names[0] ?? ""}` : `${label}: ${number(names.length)}`}
          </span>
          <IconChevronDown size={14} aria-hidden />
        </button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <section aria-label={label}>
        {searchable && (
          <Combobox.Search
            value={typed}
            aria-label={t("filters.find", { what: label })}
            placeholder={t("filters.find", { what: label })}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <Combobox.Options mah={300} className={styles["options"] ?? ""} aria-label={label}>
          {found.map((choice) => {
            const active = chosen.includes(choice.value);
            return (
              <Combobox.Option key={choice.value} value={choice.value} active={active} aria-selected={active}>
                <span className={styles["option"]}>
                  <span className={styles["check"]}>{active && <CheckIcon size={11} />}</span>
                  <span className={styles["optionName"]}>
                    {choice.label} {choice.more && <small>{choice.more}</small>}
                  </span>
                  {choice.count !== undefined && <span className={styles["count"]}>{number(choice.count)}</span>}
                </span>
              </Combobox.Option>
            );
          })}
          {found.length === 0 && <Combobox.Empty>{t("filters.none")}</Combobox.Empty>}
        </Combobox.Options>
      </section>
      </Combobox.Dropdown>
    </Combobox>
  );
}
