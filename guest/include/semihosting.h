/* Arm semihosting: the way out with an exit status (Arm IHI "Semihosting for AArch32 and AArch64", SYS_EXIT). */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

/* End the run; the host process exits with `status`. */
void semihosting_exit(int status) __attribute__((noreturn));

#endif
