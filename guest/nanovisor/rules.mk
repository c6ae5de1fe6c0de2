# The nanovisor: an ELF, and the arm64 Image that it is made into. Its bundle comes as -initrd.
NANOVISOR_OBJECTS := $(patsubst %,$(BUILD)/%.o,$(wildcard nanovisor/*.c nanovisor/*.S) baremetal/print.c common/format.c common/string.c \
                       common/bundle.c common/sha256.c common/fp_registers.S \
                       $(APPS:%=apps/handlers/%.c))
NANOVISOR_HEADERS := $(wildcard include/*.h nanovisor/*.h) nanovisor/link.ld nanovisor/rules.mk Makefile

.PHONY: nanovisor
nanovisor: $(BUILD)/nanovisor/nanovisor.elf $(BUILD)/nanovisor/Image

$(BUILD)/nanovisor/%.c.o: nanovisor/%.c $(NANOVISOR_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(GENERAL) -Inanovisor -Iapps -c -o $@ $<
$(BUILD)/nanovisor/%.S.o: nanovisor/%.S $(NANOVISOR_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Inanovisor -c -o $@ $<
$(BUILD)/nanovisor/link.ld: nanovisor/link.ld nanovisor/layout.h
	@mkdir -p $(@D)
	$(CC) -E -P -x assembler-with-cpp -D__ASSEMBLER__ -Inanovisor -o $@ $<
$(BUILD)/nanovisor/nanovisor.elf: $(NANOVISOR_OBJECTS) $(BUILD)/nanovisor/link.ld
	$(CC) $(LDFLAGS_BARE) -Wl,-T,$(BUILD)/nanovisor/link.ld -o $@ $(NANOVISOR_OBJECTS)
$(BUILD)/nanovisor/Image: $(BUILD)/nanovisor/nanovisor.elf
	$(CROSS)objcopy -O binary $< $@
