import { useEffect, useState } from 'preact/hooks';

/** How often what is shown is asked for again while someone looks at it. Milliseconds. */
const REFRESH_MS = 3_000;

/** Calls `refresh` now, and again and again while the page is visible; a new `key` begins anew. */
export function useRefresh(key: string, refresh: () => Promise<void>): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const run = async (): Promise<void> => {
      clearTimeout(timer);
      if (document.hidden) return;
      await refresh();
      clearTimeout(timer);
      if (!isOver) timer = setTimeout(() => void run(), REFRESH_MS);
    };
    const onVisibility = (): void => void run();
    document.addEventListener('visibilitychange', onVisibility);
    void run();
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [key]);
}

/** The time now, told again with every render that something else brings about. */
export function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
