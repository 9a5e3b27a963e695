/** The slug of an object, however it is named: `obj_def_leads`, `obj_leads` and `leads` are one. Source: SPEC.md, section 2 */
export function objectSlug(ref: string): string {
  if (ref.startsWith('obj_def_')) return ref.slice(8)
  return ref.startsWith('obj_') ? ref.slice(4) : ref
}
