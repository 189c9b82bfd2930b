/** How long a storage may take to answer, milliseconds: a network disk that is gone may never answer. */
const PATIENCE = 2_000;

/** What `ask` answers, or `otherwise` when it takes longer than 2 s. */
export async function soonOr<T>(otherwise: T, ask: () => Promise<T>): Promise<T> {
  const waited = new AbortController();
  const silence = new Promise<T>((resolve) => {
    const timer = setTimeout(resolve, PATIENCE, otherwise);
    waited.signal.addEventListener('abort', () => {
      clearTimeout(timer);
    });
  });
  return Promise.race([ask(), silence]).finally(() => {
    waited.abort();
  });
}
