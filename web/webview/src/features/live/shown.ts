/** The quantities of each column of the table of loads: the first that a load has is shown. */
export const SHOWN: Readonly<Record<string, readonly string[]>> = {
  power: ['active_power_total', 'volume_flow'],
  voltage: ['voltage_l1', 'voltage_system', 'voltage_l1_l2'],
  current: ['current_l1', 'current_system'],
  factor: ['power_factor_total'],
  energy: ['active_energy_import', 'volume'],
};
