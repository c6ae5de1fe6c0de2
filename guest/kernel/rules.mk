# The guest kernel, its programs and their bundle.
KERNEL_CFLAGS := $(CFLAGS) $(GENERAL) -Ikernel
USER_CFLAGS := $(CFLAGS) -Iuser
COMMON := $(patsubst %,$(BUILD)/%.o,$(wildcard common/*.c common/*.S))
KERNEL_OBJECTS := $(patsubst %,$(BUILD)/%.o,$(wildcard kernel/*.c kernel/*.S)) $(BUILD)/baremetal/print.c.o $(COMMON)
USER_OBJECTS := $(patsubst %,$(BUILD)/%.o,$(wildcard user/*.c user/*.S)) $(BUILD)/common/format.c.o $(BUILD)/common/string.c.o
PROGRAMS := $(basename $(notdir $(wildcard programs/*.c)))
KERNEL_HEADERS := $(wildcard include/*.h kernel/*.h user/*.h) kernel/kernel.ld user/user.ld kernel/rules.mk Makefile

.PHONY: kernel programs
kernel: $(BUILD)/kernel/kernel.elf $(BUILD)/kernel/Image $(BUILD)/programs.bundle
programs: $(PROGRAMS:%=$(BUILD)/programs/%.elf)

$(BUILD)/kernel/%.c.o: kernel/%.c $(KERNEL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) -c -o $@ $<
$(BUILD)/kernel/%.S.o: kernel/%.S $(KERNEL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) -c -o $@ $<
$(BUILD)/user/%.c.o: user/%.c $(KERNEL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(GENERAL) -c -o $@ $<
$(BUILD)/programs/%.c.o: programs/%.c $(KERNEL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(BUILD)/kernel/kernel.elf: $(KERNEL_OBJECTS)
	$(CC) $(LDFLAGS_BARE) -Wl,-T,kernel/kernel.ld -o $@ $^
# What -kernel and the nanovisor load: the arm64 Image, which is the sections as they lie in memory.
$(BUILD)/kernel/Image: $(BUILD)/kernel/kernel.elf
	$(CROSS)objcopy -O binary $< $@
$(BUILD)/programs/%.elf: $(BUILD)/programs/%.c.o $(USER_OBJECTS)
	$(CC) $(LDFLAGS_BARE) -Wl,-T,user/user.ld -Wl,--strip-all -o $@ $^
$(BUILD)/programs.bundle: $(PROGRAMS:%=$(BUILD)/programs/%.elf)
	../scripts/pack-bundle.js $@ $(foreach p,$(PROGRAMS),program:$(p)=$(BUILD)/programs/$(p).elf)

IMAGES += kernel.image programs.bundle
$(BUILD)/images/kernel.image: $(BUILD)/kernel/Image
	@mkdir -p $(@D)
	cp $< $@
$(BUILD)/images/programs.bundle: $(BUILD)/programs.bundle
	@mkdir -p $(@D)
	cp $< $@
