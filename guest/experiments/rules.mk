# The images of `trapeze compare`'s experiments.
EXPERIMENTS := crossings
IMAGES += $(EXPERIMENTS:%=%.elf)
.PHONY: experiments
experiments: $(EXPERIMENTS:%=$(BUILD)/experiments/%.elf)
all: experiments

experiment_objects = $(patsubst %,$(BUILD)/%.o,$(wildcard experiments/$1/*.c experiments/$1/*.S))
$(BUILD)/experiments/crossings.elf: $(call experiment_objects,crossings) $(RUNTIME)
	$(link)
$(call experiment_objects,crossings): experiments/crossings/crossings.h

$(EXPERIMENTS:%=$(BUILD)/images/%.elf): $(BUILD)/images/%.elf: $(BUILD)/experiments/%.elf
	@mkdir -p $(@D)
	$(STRIP) --strip-all -o $@ $<

# Programs of the guest kernel that measure, the bundle that the kernel gets, and those that the nanovisor gets: one for each core.
LATENCIES := $(basename $(notdir $(wildcard experiments/latency/*.c)))
HYPLET_RUNS := $(basename $(notdir $(wildcard experiments/latency/*.arguments)))
IMAGES += latency.bundle nanovisor.image $(HYPLET_RUNS:%=%.bundle)
all: $(BUILD)/images/latency.bundle $(HYPLET_RUNS:%=$(BUILD)/images/%.bundle)

$(BUILD)/experiments/latency/%.c.o: experiments/latency/%.c experiments/latency/latency.h $(HYPLET_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -Ihyplets -c -o $@ $<
$(BUILD)/experiments/latency/%.elf: $(BUILD)/experiments/latency/%.c.o $(BUILD)/hyplets/libhyplet.c.o $(USER_OBJECTS)
	$(CC) $(LDFLAGS_BARE) -Wl,-T,user/user.ld -Wl,--strip-all -o $@ $^
$(BUILD)/images/latency.bundle: $(LATENCIES:%=$(BUILD)/experiments/latency/%.elf) $(BUILD)/programs/run.elf
	@mkdir -p $(@D)
	../scripts/pack-bundle.js $@ $(foreach p,$(LATENCIES),program:$(p)=$(BUILD)/experiments/latency/$(p).elf) \
	  program:run=$(BUILD)/programs/run.elf
$(BUILD)/images/nanovisor.image: $(BUILD)/nanovisor/Image
	@mkdir -p $(@D)
	cp $< $@
$(HYPLET_RUNS:%=$(BUILD)/images/%.bundle): $(BUILD)/images/%.bundle: experiments/latency/%.arguments $(BUILD)/kernel/Image \
                                                                     $(BUILD)/images/latency.bundle
	../scripts/pack-bundle.js $@ kernel:kernel=$(BUILD)/kernel/Image bundle:initrd=$(BUILD)/images/latency.bundle text:arguments=$<

# Requests: the same program under three registries, whose services are handlers, applications and stubdomains.
REQUEST_RUNS := $(basename $(notdir $(wildcard experiments/requests/*.registry)))
REQUEST_FILES := $(foreach a,pl011 tee,application:$(a)=$(BUILD)/apps/$(a).elf)
REQUEST_DOMAINS := $(foreach d,pl011 tee,domain:$(d)=$(BUILD)/stubdomain/$(d).elf)
IMAGES += $(REQUEST_RUNS:%=%.bundle)
all: $(REQUEST_RUNS:%=$(BUILD)/images/%.bundle)

$(BUILD)/experiments/requests/request.c.o: experiments/requests/request.c experiments/latency/latency.h $(HYPLET_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -Ihyplets -Iexperiments/latency -c -o $@ $<
$(BUILD)/experiments/requests/request.elf: $(BUILD)/experiments/requests/request.c.o $(BUILD)/hyplets/libhyplet.c.o $(USER_OBJECTS)
	$(CC) $(LDFLAGS_BARE) -Wl,-T,user/user.ld -Wl,--strip-all -o $@ $^
$(BUILD)/experiments/requests/programs.bundle: $(BUILD)/experiments/requests/request.elf $(BUILD)/experiments/latency/load.elf $(BUILD)/programs/run.elf
	../scripts/pack-bundle.js $@ $(foreach p,$(basename $(notdir $^)),program:$(p)=$(filter %/$(p).elf,$^))
$(REQUEST_RUNS:%=$(BUILD)/images/%.bundle): $(BUILD)/images/%.bundle: experiments/requests/%.registry \
    experiments/requests/requests.arguments $(BUILD)/kernel/Image $(BUILD)/experiments/requests/programs.bundle \
    $(foreach s,pl011 tee,$(BUILD)/apps/$(s).elf $(BUILD)/stubdomain/$(s).elf)
	@mkdir -p $(@D)
	../scripts/pack-bundle.js $@ kernel:kernel=$(BUILD)/kernel/Image bundle:initrd=$(BUILD)/experiments/requests/programs.bundle \
	  text:arguments=experiments/requests/requests.arguments text:applications=$< \
	  $(if $(findstring application,$*),$(REQUEST_FILES)) $(if $(findstring stubdomain,$*),$(REQUEST_DOMAINS))
