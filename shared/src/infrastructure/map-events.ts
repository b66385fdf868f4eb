/**
 * Maps a stream one event at a time: the next event is asked for when the last one has been taken, so that a slow reader slows the
 * source. Unlike an async generator function, `return` reaches the source at once, not after the event it is waiting for.
 */
export function mapEvents<Event, Mapped>(source: AsyncIterator<Event>, map: (event: Event) => Promise<Mapped>): AsyncGenerator<Mapped> {
  const end = async (): Promise<IteratorResult<Mapped>> => {
    await source.return?.();
    return { done: true, value: undefined };
  };
  const mapped: AsyncGenerator<Mapped> = {
    async next(): Promise<IteratorResult<Mapped>> {
      const event = await source.next();
      if (event.done) return { done: true, value: undefined };
      try {
        return { done: false, value: await map(event.value) };
      } catch (error) {
        await end();
        throw error;
      }
    },
    return: end,
    async throw(error) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => mapped,
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
  return mapped;
}
