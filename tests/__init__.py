from hypothesis import HealthCheck, settings

# What a property costs on a busy machine says nothing about it: only tests named for it measure time.
settings.register_profile("credserv", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("credserv")
