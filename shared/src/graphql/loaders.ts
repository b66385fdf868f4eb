/** One loader per set of arguments: the same field may be asked for twice with different pages. */
export function perArguments<Arguments, Loader>(make: (given: Arguments) => Loader): (given: Arguments) => Loader {
  const loaders = new Map<string, Loader>();
  return (given) => {
    const key = JSON.stringify(given);
    const loader = loaders.get(key) ?? make(given);
    loaders.set(key, loader);
    return loader;
  };
}
