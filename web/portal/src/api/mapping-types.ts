// What the hub's API says of an organisation seen from another framework, as its handler writes it.
import type { RingState } from '@haubert/ui';

export type MappingTarget = 'nis2_art_21' | 'recyf' | 'anssi_hygiene' | 'iec_62443_3_3' | 'iso_27002_2022';
export interface MappedMeasure {
  measure: string;
  is_asked: boolean;
  /** Nothing when it is not asked, or does not apply. */
  ring: RingState | null;
  /** From 0 to 1. */
  declared: number | null;
  proven: number | null;
}
export interface MappedIdentifier {
  /** As that framework writes it. */
  id: string;
  measures: MappedMeasure[];
  /** The weakest of those that are asked and apply. */
  worst: RingState | null;
}
export interface FrameworkMapping {
  to: MappingTarget;
  /** In the other framework's order. */
  identifiers: MappedIdentifier[];
  /** Identifiers without any measure. */
  without: string[];
}
