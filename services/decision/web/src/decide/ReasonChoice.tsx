import { Radio } from "@mantine/core";
import type { Ref } from "react";
import type { OfferedReason } from "../api/client";
import { channelName } from "../elements/ChannelMark";
import { useTexts } from "../i18n/texts";
import styles from "./decide.module.css";

interface ReasonChoiceProps {
  channel: string;
  items: readonly OfferedReason[];
  required: boolean;
  chosen: string;
  choose: (name: string) => void;
  ref?: Ref<HTMLDivElement>;
}

/** The marketplace's own words. */
export function ReasonChoice({ channel, items, required, chosen, choose, ref }: ReasonChoiceProps) {
  const { t } = useTexts();
  return (
    <Radio.Group
      ref={ref ?? null}
      size="xs"
      label={t("reasons.label", { channel: channelName(channel) })}
      withAsterisk={required}
      value={chosen}
      onChange={choose}
      className={styles["reasons"] ?? ""}
    >
      {items.map((item) => (
        <Radio key={item.name} size="xs" value={item.name} label={item.text} />
      ))}
    </Radio.Group>
  );
}
