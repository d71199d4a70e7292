/**
 * `name` for a rung, or where that `isTaken` the first free one of `name-2`, `name-3` and so on: two
 * who publish encodings of one broadcast must not write to one rung.
 */
export function freeRungName(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let count = 2; isTaken(free); count++) free = `${name}-${count}`;
  return free;
}
