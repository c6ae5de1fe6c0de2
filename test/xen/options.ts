/** What dom0 is told beside its console. */
const dom0Words = {
  /** It runs a fixed set of commands, and powers off. */
  dom0: () => "trapeze.autotest",
  /** It starts a second domain with as many PEs, and powers off after that one. */
  domu: (processors: number) => `trapeze.command=/domu/start domu.vcpus=${processors}`,
} as const;

export type XenScenario = keyof typeof dom0Words;

/** What both machines take to start Xen with dom0 on its console; `-cpu` is the caller's. */
export function xenOptions(
  images: { readonly xen: string; readonly kernel: string; readonly initrd: string },
  processors: number,
  scenario: XenScenario = "dom0",
): string[] {
  const dom0 = `console=hvc0 earlycon=xenboot ${dom0Words[scenario](processors)}`;
  const xen = `dom0_mem=512M dom0_max_vcpus=${processors} console=dtuart dtuart=/pl011@9000000 loglvl=all noreboot`;
  return [
    ...["-M", "virt,gic-version=3,virtualization=on", "-smp", `${processors}`, "-m", "1536", "-nographic"],
    ...["-kernel", images.xen, "-append", xen],
    ...["-device", `guest-loader,addr=0x49000000,kernel=${images.kernel},bootargs=${dom0}`],
    ...["-device", `guest-loader,addr=0x4d000000,initrd=${images.initrd}`],
  ];
}
