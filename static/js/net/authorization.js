// What shows the server by HTTP who the user is.

/** Returns the header that does; none where a proxy says it, or nobody is known. */
export function authorization({ access }, { session }) {
  const token = access?.token ?? session;
  return token ? { Authorization: `Bearer ${token}` } : {};
}
