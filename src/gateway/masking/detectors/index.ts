import type { DetectorName } from '../../../contract/index.ts';
import { email } from './email.ts';
import { iban } from './iban.ts';
import {
  brCpf,
  deTaxId,
  esDni,
  frNir,
  itCodiceFiscale,
  nlBsn,
  plPesel,
  sePersonnummer,
  usSsn,
} from './national-ids.ts';
import { paymentCard } from './payment-card.ts';
import { phone } from './phone.ts';
import { apiKey, connectionString, jwt, passwordHash, privateKey } from './secrets.ts';
import type { Detector } from './types.ts';

export { createScanner, type Match, type Scanner } from './scanner.ts';
export { shapeOf } from './shape.ts';
export type { Detector } from './types.ts';

/** Every detector by its name. */
export const detectors: Readonly<Record<DetectorName, Detector>> = {
  email,
  phone,
  payment_card: paymentCard,
  iban,
  de_tax_id: deTaxId,
  nl_bsn: nlBsn,
  es_dni: esDni,
  fr_nir: frNir,
  it_codice_fiscale: itCodiceFiscale,
  br_cpf: brCpf,
  pl_pesel: plPesel,
  se_personnummer: sePersonnummer,
  us_ssn: usSsn,
  jwt,
  api_key: apiKey,
  private_key: privateKey,
  password_hash: passwordHash,
  connection_string: connectionString,
};

export const allDetectors: readonly Detector[] = Object.values(detectors);
