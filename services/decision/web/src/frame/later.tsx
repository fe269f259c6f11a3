/** Parts of the page whose code is fetched when they are first shown. React's `lazy` remembers a failure for good; these can be tried again. */
import { useCallback, useEffect, useState, type ComponentType, type FC } from "react";
import { complain } from "../elements/Toasts";
import { useTexts } from "../i18n/texts";
import { CodeMissing, Loading } from "./Waiting";

interface Later<P> extends FC<P> {
  /** Fetch the code before it is needed; that it could not be had is said when it is. */
  fetch: () => void;
}

function fetcher<P>(load: () => Promise<ComponentType<P>>) {
  let loaded: ComponentType<P> | undefined;
  return {
    loaded: () => loaded,
    fetch: async () => {
      loaded ??= await load();
    },
  };
}

/** A view of the page. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): Later<P> {
  const code = fetcher(load);
  const Part = (props: P) => {
    const [state, setState] = useState<"waiting" | "failed" | "here">("waiting");
    const attempt = useCallback(() => {
      setState("waiting");
      code.fetch().then(
        () => setState("here"),
        () => setState("failed"),
      );
    }, []);
    const Loaded = code.loaded();
    const isThere = Loaded !== undefined;
    useEffect(() => {
      if (!isThere) attempt();
    }, [isThere, attempt]);
    if (Loaded) return <Loaded {...props} />;
    return state === "failed" ? <CodeMissing again={attempt} /> : <Loading />;
  };
  return Object.assign(Part, { fetch: () => void code.fetch().catch(() => undefined) });
}

/** Something over the page: when its code can't be had, it closes and says so; opening it again tries again. */
export function laterOver<P extends { close: () => void }>(load: () => Promise<ComponentType<P>>): Later<P> {
  const code = fetcher(load);
  const Part = (props: P) => {
    const { t } = useTexts();
    const { close } = props;
    const [, setIsThere] = useState(false);
    const Loaded = code.loaded();
    const isThere = Loaded !== undefined;
    useEffect(() => {
      if (isThere) return;
      let shown = true;
      code.fetch().then(
        () => shown && setIsThere(true),
        () => {
          if (!shown) return;
          complain(t("failed.title"), t("failed.code"));
          close();
        },
      );
      return () => {
        shown = false;
      };
    }, [isThere, close, t]);
    return Loaded ? <Loaded {...props} /> : null;
  };
  return Object.assign(Part, { fetch: () => void code.fetch().catch(() => undefined) });
}
