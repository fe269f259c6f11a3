/** The confirmation, loaded when the browser has nothing better to do, so that it opens at once. */
import { useEffect } from "react";
import { laterOver } from "../frame/later";
import { useSession } from "../session/session";
import { useStore } from "../store";
import { asking, stopAsking } from "./asking";

const ConfirmOne = laterOver(() => import("./ConfirmOne").then((module) => module.ConfirmOne));
const ConfirmMany = laterOver(() => import("./ConfirmMany").then((module) => module.ConfirmMany));

const IDLE_MS = 1_500;

export function Decide() {
  const { may } = useSession();
  const asked = useStore(asking);
  useEffect(() => {
    if (!may.decide) return;
    const timer = setTimeout(() => [ConfirmOne, ConfirmMany].forEach((part) => part.fetch()), IDLE_MS);
    return () => clearTimeout(timer);
  }, [may.decide]);
  if (!asked || !may.decide) return null;
  const [only] = asked.ids;
  return asked.ids.length === 1 && only ? (
    <ConfirmOne key={only} verdict={asked.verdict} id={only} close={stopAsking} />
  ) : (
    <ConfirmMany verdict={asked.verdict} ids={asked.ids} close={stopAsking} />
  );
}
