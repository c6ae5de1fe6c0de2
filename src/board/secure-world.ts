import { PL011, PL061 } from "../devices/index.js";
import type { Gic } from "../gic/index.js";
import { type CharacterBackend, type Clock, type Log, nullCharacterBackend } from "../ports/index.js";
import type { Engine } from "./engine.js";
import { memoryMap, secureGpio, spi } from "./memory-map.js";

export interface SecureWorldOptions {
  readonly engine: Engine;
  /** Address in linear memory of the Secure RAM. */
  readonly host: number;
  readonly gic: Gic;
  readonly clock: Clock;
  readonly log: Log;
  readonly serial: CharacterBackend | undefined;
  /** The Secure GPIO's line for it has risen. */
  readonly powerOff: () => void;
  readonly restart: () => void;
}

/** Adds what only Secure accesses find on a machine with EL3; returns what is to be reset with the machine. */
export function addSecureWorld(options: SecureWorldOptions): { reset(): void }[] {
  const { engine, host, gic, clock, log } = options;
  const { physical } = engine;
  physical.addRam({ name: "secure-ram", ...memoryMap.secureRam, host, secureOnly: true, direct: true });
  const uart = new PL011({
    irq: gic.spi(spi.securePl011),
    clock,
    log,
    backend: options.serial ?? nullCharacterBackend,
  });
  const gpio = new PL061({
    irq: gic.spi(spi.securePl061),
    log,
    onOutput: (line, level) => {
      if (level && line === secureGpio.powerOff) options.powerOff();
      if (level && line === secureGpio.restart) options.restart();
    },
  });
  physical.addDevice(memoryMap.securePl011.base, uart, true);
  physical.addDevice(memoryMap.securePl061.base, gpio, true);
  return [uart, gpio];
}
