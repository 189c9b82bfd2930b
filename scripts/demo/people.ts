import type { Identity } from '../../spec/support/person.js';

/** Has the folders; at home at Alder. */
export const ANA: Identity = { name: 'Ana Alvarez', email: 'ana@alder.example', password: 'ana walks over bridges' };

/** Gets them offered; at home at Birch. */
export const BO: Identity = { name: 'Bo Bergman', email: 'bo@birch.example', password: 'bo walks over bridges too' };
