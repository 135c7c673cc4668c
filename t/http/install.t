# "make install" over an installation: what the administrator changed or took
# out stays so, and is told.
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;

my $root = Civic::Nginx::root();
my $dest = Civic::Process::folder() . '/installed';
my $etc = "$dest/etc/civic";

sub install {
    my $build = Civic::Nginx::build();
    my $said = `cd $root && DESTDIR=$dest BUILD=$build tools/install.sh 2>&1`;

    is($?, 0, 'install') or diag($said);
    return $said;
}

sub change {
    my ($path) = @_;

    open my $file, '>>', $path or die "$path: $!";
    print {$file} "-- ours\n";
    close $file;
    return;
}

is(install(), "installed below $dest\n", 'the first time there is no more');
is(install(), "installed below $dest\n", 'nor the second');

change("$etc/rules/login.lua");
unlink "$etc/civic.d/hello.conf" or die $!;
my $size = -s "$etc/rules/login.lua";
my $said = install();

my $part = "$etc/rules/lib/tries.lua";
is(-s $part, -s "$root/lua/rules/lib/tries.lua", 'parts are installed, too');
is(-s "$etc/rules/login.lua", $size, 'a changed rule file stays');
ok(-e "$etc/rules/login.lua.new", 'with this version\'s beside it');
like($said, qr{kept \Q$etc\E/rules/login\.lua;}, 'and that is told');
ok(!-e "$etc/civic.d/hello.conf", 'a plugin taken out stays out');
like($said, qr{\Q$etc\E/civic\.d/hello\.conf\.new: rename}, 'and that, too');

finish();
