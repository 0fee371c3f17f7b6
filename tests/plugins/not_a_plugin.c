/* A shared library of something else. */
int not_a_plugin_at_all(void);

__attribute__((visibility("default"))) int not_a_plugin_at_all(void)
{
    return 1;
}
