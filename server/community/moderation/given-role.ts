/** Roles that a stream gives; its broadcaster has no need to be given one. */
export const GIVEN_ROLES = ['moderator', 'vip', 'subscriber'] as const;

/** See `GIVEN_ROLES`. */
export type GivenRole = (typeof GIVEN_ROLES)[number];
