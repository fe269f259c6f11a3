/** The confirmation, loaded when the browser has nothing better to do, so that it opens at once. */
import { Suspense, lazy, useEffect } from "react";
import { useSession } from "../session/session";
import { useStore } from "../store";
import { asking, stopAsking } from "./asking";

const loadOne = () => import("./ConfirmOne");
const loadMany = () => import("./ConfirmMany");
const ConfirmOne = lazy(() => loadOne().then((module) => ({ default: module.ConfirmOne })));
const ConfirmMany = lazy(() => loadMany().then((module) => ({ default: module.ConfirmMany })));

const IDLE_MS = 1_500;

export function Decide() {
  const { may } = useSession();
  const asked = useStore(asking);
  useEffect(() => {
    if (!may.decide) return;
    const timer = setTimeout(() => void Promise.all([loadOne(), loadMany()]), IDLE_MS);
    return () => clearTimeout(timer);
  }, [may.decide]);
  if (!asked || !may.decide) return null;
  const [only] = asked.ids;
  return (
    <Suspense fallback={null}>
      {asked.ids.length === 1 && only ? (
        <ConfirmOne key={only} verdict={asked.verdict} id={only} close={stopAsking} />
      ) : (
        <ConfirmMany verdict={asked.verdict} ids={asked.ids} close={stopAsking} />
      )}
    </Suspense>
  );
}
