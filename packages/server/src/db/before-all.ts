/** A UUID before all ids: where a walk through them begins. `$1 is null or id > $1` is no bound that an index takes. */
export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'
