"""Words that callers and businesses use for the same thing."""

from functools import cache

from quantum_app.kit.lexical import stem

_GROUPS = """
    price cost charge fee rate pay run amount
    dog cat pet puppy animal
    cancel quit end terminate stop leave
    open start begin kick first
    close end shut late last
    class course lesson workshop session
    teacher instructor teach lead trainer coach
    phone call telephone number
    cell mobile phone cellphone
    car vehicle auto automobile truck
    kid child son daughter toddler children
    room suite
    doctor physician provider
    discount off deal break save
    refund back return reimburse
    move change switch transfer
    guest visitor friend cousin
    trip delivery deliver bring haul
    install installation technician set
    lose lost missing
    restart reboot unplug
    year annual yearly twelve-month
    month monthly
    week weekly
    night nightly
    day daily
    garbage trash waste rubbish
    pickup collection collect
    bill invoice statement
    fix repair service
    rent rental hire
    bike bicycle
    buy purchase
    appointment visit slot
    booking reservation reserve book
    senior older elderly
    food meal eat dinner dining
    breakfast brunch
    sit seat seated
    people person guest guests
    smoke smoking cigar cigarette
    parking park
    sticker permit decal
    wifi internet wireless
    speed fast mbps
    upload up
    download down
    box gateway router modem equipment
    penalty termination early
    contract agreement term
    pause hold freeze suspend
    minimum least
    maximum most
    freeze hold pause
    sick ill
    shot vaccine immunization injection
    test exam lab
    kids children
    water pool swim swimming aqua
    spin cycle cycling
    ticket fare
    boat ferry vessel
    truck vehicle
    claim file report
    crash accident collision
    policy coverage insurance cover
    deductible
    uptime availability
    user seat member
    employee staff
    email mail
    website portal site online
    password login sign
    graduate graduation commencement
    tutoring tutor
    credit hour
    free complimentary included
    enroll sign join register
    deposit
    disabled wheelchair accessible
    hot warm temperature degrees
    tall height high
    covered guarantee guaranteed warranty
    die dead death
    plant planted planting
    mulch
    store shop office location
    late overdue
    old previous former
    new current
"""

# A word → what it includes.
_INCLUDES = {
    "weekend": "saturday sunday",
    "weekday": "monday tuesday wednesday thursday friday",
    "weeknight": "monday tuesday wednesday thursday",
    "summer": "june july august",
    "winter": "december january february",
    "spring": "march april",
    "fall": "september october november",
    "christmas": "december",
    "thanksgiving": "november",
}


@cache
def _related() -> dict[str, frozenset[str]]:
    related: dict[str, set[str]] = {}
    for line in _GROUPS.strip().splitlines():
        stems = {stem(word) for word in line.split()}
        for word in stems:
            related.setdefault(word, set()).update(stems - {word})
    for word, included in _INCLUDES.items():
        related.setdefault(stem(word), set()).update(map(stem, included.split()))
    return {word: frozenset(others) for word, others in related.items()}


def related(term: str) -> frozenset[str]:
    """Stems of words for the same thing as a stem."""
    return _related().get(term, frozenset())
