"""Open service requests go to whoever takes over, and to the successor of an org unit that is dissolved."""

from guibin.profiles.handed_cases import Cases, charge_cases

charge_cases(
    Cases(
        what="service requests",
        table="service_request",
        open="state in ('asked', 'open')",
        hand_overs="service_hand_over",
        reference="request_id",
        walled=True,
    )
)
