# Rules by which GNU make (3.81 and later) transcribes recordings, and only those that need it: docs/make.md.
#
#   include $(shell transcribe make include)
#
# Then: make transcripts, make talk.vtt talk.md, make -j2 -k transcripts. What is made of one recording is made
# by one recognition, also under -j. Set what follows above the line with `include`.

TRANSCRIBE         ?= transcribe
# The program.
TRANSCRIBE_FLAGS   ?=
# Its options, such as --model base; more in transcribe.toml.
TRANSCRIBE_FORMATS ?= txt srt vtt json
# What `make transcripts` writes of each recording.
TRANSCRIBE_IN      ?= .
# Folder of the recordings, searched to its depths.
TRANSCRIBE_OUT     ?= $(TRANSCRIBE_IN)
# Folder of the results, with the same structure.
TRANSCRIBE_STAMP   ?= .transcribe.stamp
# Changes when a setting or the model does.

# Formats and how their files end; those that end like others, but longer, stand first (make 3.81).
transcribe_endings := \
  podcast-srt=.podcast.srt podcast-json=.podcast.json html=.transcript.html chapters=.chapters.json \
  psc=.psc.xml rss=.item.xml audacity=.labels.txt notes=.notes.md notes-html=.notes.html notes-txt=.notes.txt \
  rss-html=.rss.html youtube=.youtube.txt newsletter=.newsletter.md checklist=.checklist.md \
  txt=.txt srt=.srt vtt=.vtt json=.json tsv=.tsv md=.md lrc=.lrc ttml=.ttml docx=.docx csv=.csv rttm=.rttm page=.html

# How recordings end.
transcribe_lower := \
  3g2 3ga 3gp aac ac3 aif aifc aiff amr ape asf au avi bw64 bwf caf dff dsf dts eac3 f4v flac flv gsm m2ts m4a m4b \
  m4v mka mkv mov mp2 mp3 mp4 mpc mpeg mpg mpga mts mxf oga ogg ogv opus ra rf64 rm shn snd spx tta vob voc w64 \
  wav weba webm wma wmv wv
transcribe_upper := $(shell echo '$(transcribe_lower)' | tr a-z A-Z)
transcribe_suffixes := $(transcribe_lower) $(transcribe_upper)

# The current folder is no part of a name: `talk.vtt`, not `./talk.vtt`.
transcribe_prefix = $(if $(filter-out . ./,$(1)),$(patsubst %/,%,$(1))/)
transcribe_in  := $(call transcribe_prefix,$(TRANSCRIBE_IN))
transcribe_out := $(call transcribe_prefix,$(TRANSCRIBE_OUT))

# Everything that looks like a recording, but not what is hidden or made by --publish.
transcribe_find := find $(TRANSCRIBE_IN) \( -name '.?*' ! -name '..' \) -prune -o \
  \( -type f -o -type l \) ! -name '*.chapters.*' ! -name '*.soundbite-*' \
  \( -name '' $(foreach each,$(transcribe_suffixes),-o -name '*.$(each)') \)
# What make gives a meaning of its own, in the names of files and folders; anything else, also bytes that are no text.
transcribe_hash := \#
transcribe_odd := \( -path '*[][:space:][:cntrl:]*?[:;%$$|=\\$(transcribe_hash)]*' -o -path '*/~*' -o -path '~*' \)
transcribe_found := $(patsubst ./%,%,$(sort $(shell LC_ALL=C $(transcribe_find) ! $(transcribe_odd) -print)))
transcribe_left_out := $(shell LC_ALL=C $(transcribe_find) $(transcribe_odd) -print | head -1 | tr '\001-\011\013-\037\177' '?')
ifneq ($(transcribe_left_out),)
  $(warning make cannot handle names with spaces or one of : ; % $(transcribe_hash) $$ | = \ * ? [ ] ~, such as \
    "$(transcribe_left_out)"; these are left out: rename them, or use: transcribe batch $(TRANSCRIBE_IN))
endif

transcribe_known := $(foreach each,$(transcribe_endings),$(firstword $(subst =, ,$(each))))
ifneq ($(filter-out $(transcribe_known),$(TRANSCRIBE_FORMATS)),)
  $(error TRANSCRIBE_FORMATS: there is no format $(filter-out $(transcribe_known),$(TRANSCRIBE_FORMATS)); \
    there are $(transcribe_known))
endif
transcribe_stems := $(sort $(patsubst $(transcribe_in)%,$(transcribe_out)%,$(basename $(transcribe_found))))
transcribe_ending = $(patsubst $(1)=%,%,$(filter $(1)=%,$(transcribe_endings)))
transcribe_quoted = '$(subst ','\'',$(1))'

.PHONY: transcripts transcribe-check
transcripts: $(foreach each,$(TRANSCRIBE_FORMATS),$(addsuffix $(call transcribe_ending,$(each)),$(transcribe_stems)))

# Looked at whenever a transcript is asked for, also by `make -n` (hence the +), but written only when it changes.
$(TRANSCRIBE_STAMP): transcribe-check
	+@$(TRANSCRIBE) make stamp $(call transcribe_quoted,$@) $(TRANSCRIBE_FLAGS)

# $(1) format, $(2) how its files end, $(3) how the recording ends.
define transcribe_rule
$(transcribe_out)%$(2): $(transcribe_in)%.$(3) $(TRANSCRIBE_STAMP)
	$$(TRANSCRIBE) batch $$(TRANSCRIBE_FLAGS) --redo --no-report --quiet \
	  -f $(1) -o $$(call transcribe_quoted,$$(@D)) -- $$(call transcribe_quoted,$$<)

endef
$(foreach each,$(transcribe_endings),$(foreach suffix,$(transcribe_suffixes),$(eval \
  $(call transcribe_rule,$(firstword $(subst =, ,$(each))),$(lastword $(subst =, ,$(each))),$(suffix)))))

# What people correct in a transcript lies beside it, and every file of it is written anew.
transcribe_corrected := $(patsubst %.corrections.json,%,$(wildcard $(addsuffix .corrections.json,$(transcribe_stems))))
$(foreach each,$(transcribe_endings),$(foreach stem,$(transcribe_corrected),$(eval \
  $(stem)$(lastword $(subst =, ,$(each))): $(stem).corrections.json)))
