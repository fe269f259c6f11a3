/** Why something was not done, in words that say what to do. */
import { Refused, Unreachable, slugOf, type Problem } from "../api/client";
import type { Texts } from "../i18n/texts";

export function whyNot(error: unknown, { t, open }: Texts): string {
  if (error instanceof Refused) return whyOf(error.problem, { open });
  if (error instanceof Unreachable) return t("problem.unreachable");
  return t("problem.internal");
}

export function whyOf(problem: Partial<Problem>, { open }: Pick<Texts, "open">): string {
  return open(`problem.${slugOf(problem)}`, problem.detail ?? problem.title ?? "");
}
