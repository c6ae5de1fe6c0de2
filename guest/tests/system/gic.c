/* GICv3 seen from EL1: identification, SGIs, PPIs and SPIs, priorities, masking, preemption, active state, EOImode, spurious reads. */
#include "gic.h"
#include "exceptions.h"
#include "print.h"
#include "runtime.h"
#include "sysreg.h"
#include "virt.h"

#define UNUSED_SPI 40u /* 32 + 8: nothing on the virt board drives it by itself */
#define SECOND_SPI 43u

static volatile uint32_t log[16];
static volatile unsigned log_length;
static void (*volatile inside)(uint32_t intid); /* called in the handler, with interrupts enabled */

static void on_exception(struct exception_frame *frame)
{
    if (VECTOR_KIND(frame->vector) != VECTOR_IRQ)
        exceptions_die(frame);
    const uint64_t elr = read_sysreg(elr_el1), spsr = read_sysreg(spsr_el1);
    const uint32_t intid = gic_acknowledge();
    if (log_length < 16)
        log[log_length++] = intid;
    if (intid == INTID_SPURIOUS)
        return;
    if (inside) {
        interrupts_enable();
        inside(intid);
        interrupts_disable();
    }
    gic_end(intid);
    write_sysreg(elr_el1, elr);
    write_sysreg(spsr_el1, spsr);
}

static void show(const char *what)
{
    print("%s: took", what);
    for (unsigned i = 0; i < log_length; i++)
        print(" %u", log[i]);
    print("%s\n", log_length ? "" : " none");
    log_length = 0;
}

/* Let what is pending come in. */
static void open_and_close(void)
{
    interrupts_enable();
    isb();
    interrupts_disable();
}

static void show_identity(void)
{
    print("architecture revision %u, SPIs %u\n", gic_revision(), gic_spi_count());
    print("priority bits %lu, A3V %lu\n", field(read_sysreg(icc_ctlr_el1), 10, 8) + 1, field(read_sysreg(icc_ctlr_el1), 15, 15));
    print("SRE %lx, PMR %lx, RPR %lx, IGRPEN1 %lx\n", read_sysreg(icc_sre_el1), read_sysreg(icc_pmr_el1), read_sysreg(icc_rpr_el1),
          read_sysreg(icc_igrpen1_el1));
    print("nothing pending: IAR %lu, HPPIR %lu\n", read_sysreg(icc_iar1_el1), read_sysreg(icc_hppir1_el1));
    write_sysreg(icc_pmr_el1, 0xff);
    const uint64_t all = read_sysreg(icc_pmr_el1);
    write_sysreg(icc_pmr_el1, 0x5a);
    print("PMR keeps %lx of ff, %lx of 5a\n", all, read_sysreg(icc_pmr_el1));
    write_sysreg(icc_pmr_el1, 0xff);
}

static void show_sgis(void)
{
    for (uint32_t intid = 0; intid < 16; intid++)
        gic_enable(intid);
    gic_send_sgi(5, 0);
    print("SGI 5 sent: pending %d active %d HPPIR %lu ISR %lx\n", gic_is_pending(5), gic_is_active(5), read_sysreg(icc_hppir1_el1),
          read_sysreg(isr_el1));
    open_and_close();
    show("SGI 5");
    gic_send_sgi(3, 0);
    gic_send_sgi(3, 0);
    open_and_close();
    show("SGI 3 sent twice");
    gic_send_sgi(9, 0);
    gic_send_sgi(2, 0);
    gic_send_sgi(12, 0);
    open_and_close();
    show("SGIs 9 2 12, same priority");
    gic_set_priority(12, 0x20);
    gic_set_priority(2, 0x60);
    gic_set_priority(9, 0x40);
    gic_send_sgi(9, 0);
    gic_send_sgi(2, 0);
    gic_send_sgi(12, 0);
    open_and_close();
    show("SGIs 9 2 12, priorities 40 60 20");
    gic_send_sgi(4, 5); /* there is no such PE */
    open_and_close();
    show("SGI 4 to an absent PE");
    gic_set_pending(7);
    open_and_close();
    show("SGI 7 through ISPENDR");
    gic_send_sgi(8, 0);
    gic_clear_pending(8);
    open_and_close();
    show("SGI 8 sent and withdrawn");
}

static void show_masking(void)
{
    gic_set_priority(6, 0x80);
    write_sysreg(icc_pmr_el1, 0x80);
    gic_send_sgi(6, 0);
    print("PMR 80, priority 80: HPPIR %lu IAR %lu ISR %lx\n", read_sysreg(icc_hppir1_el1), read_sysreg(icc_iar1_el1), read_sysreg(isr_el1));
    open_and_close();
    show("PMR 80");
    write_sysreg(icc_pmr_el1, 0x88);
    open_and_close();
    show("PMR 88");
    write_sysreg(icc_pmr_el1, 0xff);

    gic_disable(6);
    gic_send_sgi(6, 0);
    open_and_close();
    print("disabled: pending %d\n", gic_is_pending(6));
    show("disabled");
    gic_enable(6);
    open_and_close();
    show("enabled again");

    write_sysreg(icc_igrpen1_el1, 0);
    isb();
    gic_send_sgi(6, 0);
    open_and_close();
    show("IGRPEN1 0");
    write_sysreg(icc_igrpen1_el1, 1);
    isb();
    open_and_close();
    show("IGRPEN1 1");
}

static void send_more_urgent(uint32_t intid)
{
    if (intid != 10)
        return;
    print("in 10: RPR %lx active %d\n", read_sysreg(icc_rpr_el1), gic_is_active(10));
    gic_send_sgi(11, 0); /* more urgent: preempts */
    isb();
    print("in 10 after sending 11: %u taken\n", log_length);
    gic_send_sgi(13, 0); /* less urgent: waits */
    isb();
    print("in 10 after sending 13: %u taken\n", log_length);
}

static void show_preemption(void)
{
    gic_set_priority(10, 0x80);
    gic_set_priority(11, 0x40);
    gic_set_priority(13, 0xc0);
    inside = send_more_urgent;
    gic_send_sgi(10, 0);
    open_and_close();
    inside = 0;
    open_and_close();
    show("preemption");

    /* BPR1 = 7: bits 7:7 group, so 0x80 and 0x90 are the same group and 0x40 is another. */
    write_sysreg(icc_bpr1_el1, 7);
    print("BPR1 %lx\n", read_sysreg(icc_bpr1_el1));
    gic_set_priority(10, 0xa0);
    gic_set_priority(11, 0x90);
    gic_set_priority(13, 0xc0);
    inside = send_more_urgent;
    gic_send_sgi(10, 0);
    open_and_close();
    inside = 0;
    open_and_close();
    show("same group priority");
    write_sysreg(icc_bpr1_el1, 0);
    print("BPR1 smallest %lx\n", read_sysreg(icc_bpr1_el1));
}

static void show_active(void)
{
    gic_send_sgi(1, 0);
    const uint32_t intid = gic_acknowledge();
    print("acknowledged %u: pending %d active %d RPR %lx\n", intid, gic_is_pending(1), gic_is_active(1), read_sysreg(icc_rpr_el1));
    gic_send_sgi(1, 0);
    print("sent again: pending %d active %d IAR %lu\n", gic_is_pending(1), gic_is_active(1), read_sysreg(icc_iar1_el1));
    gic_end(intid);
    print("ended: pending %d active %d RPR %lx\n", gic_is_pending(1), gic_is_active(1), read_sysreg(icc_rpr_el1));
    open_and_close();
    show("the second");

    write_sysreg(icc_ctlr_el1, 2); /* EOImode: EOIR only drops the priority */
    isb();
    gic_send_sgi(1, 0);
    gic_end(gic_acknowledge());
    print("EOImode 1, after EOIR: active %d RPR %lx\n", gic_is_active(1), read_sysreg(icc_rpr_el1));
    write_sysreg(icc_dir_el1, 1);
    isb();
    print("EOImode 1, after DIR: active %d\n", gic_is_active(1));
    write_sysreg(icc_ctlr_el1, 0);
    isb();
}

static void show_spis(void)
{
    gic_enable(UNUSED_SPI);
    gic_enable(SECOND_SPI);
    gic_set_pending(UNUSED_SPI);
    print("SPI set pending: %d\n", gic_is_pending(UNUSED_SPI));
    open_and_close();
    print("SPI after: pending %d active %d\n", gic_is_pending(UNUSED_SPI), gic_is_active(UNUSED_SPI));
    show("SPI 40");
    gic_set_priority(UNUSED_SPI, 0xb0);
    gic_set_priority(SECOND_SPI, 0x30);
    gic_set_pending(UNUSED_SPI);
    gic_set_pending(SECOND_SPI);
    gic_send_sgi(0, 0);
    open_and_close();
    show("SPIs 40 (b0), 43 (30), SGI 0 (a0)");
}

int main(void)
{
    exceptions_handle_with(on_exception);
    gic_init();
    gic_init_pe();
    show_identity();
    show_sgis();
    show_masking();
    show_preemption();
    show_active();
    show_spis();
    return 0;
}
