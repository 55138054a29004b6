// URLs of searches.

/** The URL with what these fields of a form hold instead of its own parameters of these names. */
export function withValues(url: string, names: string[], values: FormData): string {
  const [path, query] = url.split("?");
  const params = new URLSearchParams(query);
  for (const name of names.filter(Boolean)) {
    const value = values.get(name);
    if (typeof value === "string" && value) params.set(name, value);
    else params.delete(name);
  }
  return params.size ? `${path}?${params}` : path;
}
