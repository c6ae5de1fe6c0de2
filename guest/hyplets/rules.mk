# Programs with hyplets, and the bundle of all programs that the nanovisor's guest gets.
HYPLETS := $(filter-out libhyplet,$(basename $(notdir $(wildcard hyplets/*.c))))
HYPLET_HEADERS := $(KERNEL_HEADERS) hyplets/libhyplet.h hyplets/rules.mk

.PHONY: hyplets
hyplets: $(BUILD)/hyplets.bundle
all: hyplets

$(BUILD)/hyplets/%.c.o: hyplets/%.c $(HYPLET_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -Ihyplets -c -o $@ $<
$(BUILD)/hyplets/%.elf: $(BUILD)/hyplets/%.c.o $(BUILD)/hyplets/libhyplet.c.o $(USER_OBJECTS)
	$(CC) $(LDFLAGS_BARE) -Wl,-T,user/user.ld -Wl,--strip-all -o $@ $^
$(BUILD)/hyplets.bundle: $(HYPLETS:%=$(BUILD)/hyplets/%.elf) $(PROGRAMS:%=$(BUILD)/programs/%.elf)
	../scripts/pack-bundle.js $@ $(foreach p,$(HYPLETS),program:$(p)=$(BUILD)/hyplets/$(p).elf) \
	  $(foreach p,$(PROGRAMS),program:$(p)=$(BUILD)/programs/$(p).elf)
